import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigNode } from "../../../src/node-defs/definition.ts";
import { nodePaths } from "../../../src/node-defs/node-paths.ts";
import { readConfig } from "../../../src/node-defs/read-config.ts";
import { LIBEXEC, syntaxExpression } from "../../../src/node-defs/syntax-expression.ts";
import { configSources, patternOf, top } from "./definitions.ts";

const roots = readConfig(configSources);

function linesOf(file: string): string[] {
  const text = readFileSync(join(top, "test/unit/node-defs", file), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

test("the language is the one of language.txt: every path, its kind and its default", () => {
  const found = nodePaths(roots).map(
    ({ kind, path, defaultValue }) => `${kind} ${path.join(" ")}${defaultValue === undefined ? "" : ` = ${defaultValue}`}`,
  );
  expect(found.sort()).toEqual(linesOf("language.txt").sort());
});

/** Whether `set policy-route WORDS` passes every check of the templates; an unknown word fails the test. */
function accepts(words: readonly string[]): boolean {
  let nodes: readonly ConfigNode[] = roots[0]?.children ?? [];
  for (let at = 0; at < words.length; at++) {
    const node = nodes.find(({ name }) => name === words[at]);
    if (node === undefined) throw new Error(`${words.join(" ")}: no node ${words[at]}`);
    if (node.kind !== "node" && node.kind !== "flag" && !holds(node, words[++at] ?? "")) return false;
    nodes = node.children;
  }
  return true;
}

function holds(node: ConfigNode, value: string): boolean {
  const line = syntaxExpression(node, (problem) => expect.fail(problem));
  if (line === undefined) return true;
  const pattern = patternOf(line);
  if (pattern !== undefined && new RegExp(pattern).test(value)) return true;
  const command = /(?:^|\|\| )exec "(.*)"$/.exec(line)?.[1]?.replace(LIBEXEC, join(top, "libexec")).replace("$VAR(@)", value);
  return command !== undefined && spawnSync("/bin/sh", ["-c", command]).status === 0;
}

test.each(linesOf("values.txt"))("%s", (line) => {
  const [sign, ...words] = line.split(" ");
  expect(["+", "-"]).toContain(sign);
  expect(accepts(words)).toBe(sign === "+");
});
