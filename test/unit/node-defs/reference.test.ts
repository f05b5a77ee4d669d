import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completionLines, withLines } from "../../../src/node-defs/bash-completion.ts";
import type { ConfigNode } from "../../../src/node-defs/definition.ts";
import { readConfig } from "../../../src/node-defs/read-config.ts";
import { reference } from "../../../src/node-defs/reference.ts";
import { configSources, sources, top } from "./definitions.ts";
import { told } from "./told.ts";

const text = readFileSync(join(top, "docs/reference.md"), "utf8");

test("docs/reference.md is that of node-defs: run npm run templates", () => {
  expect(text).toBe(reference(sources));
});

test("the completion of bash is that of node-defs and the program: run npm run templates", async () => {
  const script = readFileSync(join(top, "debian/policy-route.bash"), "utf8");
  expect(script).toBe(withLines(script, completionLines(sources, await told())));
});

test("every node of the configuration is in the reference once", () => {
  const count = (nodes: readonly ConfigNode[]): number =>
    nodes.reduce((sum, node) => sum + (node.kind === "node" ? 0 : 1) + count(node.children), 0);
  const configuration = text.split("## Operational commands")[0] ?? "";
  // `health` is a container with a chapter of its own.
  expect(configuration.split("\n").filter((line) => line.startsWith("| `")).length).toBe(count(readConfig(configSources)) + 1);
  expect(configuration.split("\n").filter((line) => line.startsWith("|") && line.split(/(?<!\\)\|/).length !== 7)).toEqual([]);
});
