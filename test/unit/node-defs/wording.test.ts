import { expect, test } from "vitest";
import type { ConfigNode } from "../../../src/node-defs/definition.ts";
import { readConfig } from "../../../src/node-defs/read-config.ts";
import { syntaxExpression } from "../../../src/node-defs/syntax-expression.ts";
import { configSources, patternOf } from "./definitions.ts";

function everyNode(nodes: readonly ConfigNode[], above = ""): { path: string; node: ConfigNode }[] {
  return nodes.flatMap((node) => [{ path: `${above}${node.name}`, node }, ...everyNode(node.children, `${above}${node.name} `)]);
}

test("what the router says of a wrong value names it, and what would be right", () => {
  const messages = everyNode(readConfig(configSources)).flatMap(({ path, node }) =>
    node.constraintErrorMessage === "" ? [] : [`${path}: ${node.constraintErrorMessage}`],
  );
  expect(messages.length).toBeGreaterThan(60);
  const right = /^[^:]+: (Invalid [a-zA-Z0-9 -]+ "\$VAR\(@\)": must .{4,}|Rule number must be between 1 and 9999)$/;
  expect(messages.filter((message) => !right.test(message))).toEqual([]);
});

test("a word that the help of a value names literally is offered by TAB", () => {
  const TYPES = /!|^(txt|filename|list|address|(ip|mac|u32|start|prefix|dscp|id|n|range).*)$/;
  const missing = everyNode(readConfig(configSources)).flatMap(({ path, node }) => {
    const pattern = patternOf(syntaxExpression(node, () => {}) ?? "");
    const offered = node.completion.flatMap(({ kind, text }) => (kind === "list" ? text.split(" ") : []));
    return node.valueHelp
      .filter(({ format }) => !TYPES.test(format) && pattern !== undefined && new RegExp(pattern).test(format))
      .flatMap(({ format }) => (offered.includes(format) ? [] : [`${path}: ${format}`]));
  });
  expect(missing).toEqual([]);
});
