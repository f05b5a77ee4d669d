import { addPath, newTree } from "../config/build-tree.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import { parseSetCommands } from "../config/parse-set-commands.ts";
import { ConfigSyntaxError } from "../config/syntax-error.ts";
import { type Findings, leave, type Place } from "./findings.ts";
import { logicalLines } from "./logical-lines.ts";
import { readRouter } from "./read-router.ts";

/** Sections of a router's configuration that have to do with policy routing, after a prompt or without. */
const SET_LINE = /^\s*set\s+['"]?(?:policy|protocols|interfaces|firewall|load-balancing)\b/;

/** Reads the `set` lines of a router's configuration out of a text that may hold anything else. */
export function readSetLines(findings: Findings, source: number, text: string): void {
  const tree = newTree();
  const lines = new Map<string, Place>();
  for (const { number, text: line } of logicalLines(text)) {
    if (!SET_LINE.test(line)) continue;
    const at: Place = { source, line: number, text: line.trim() };
    try {
      for (const path of pathsOf(parseSetCommands(line.trim()))) {
        addPath(tree, path);
        for (let length = 1; length <= path.length; length++) {
          const key = path.slice(0, length).join(" ");
          if (!lines.has(key)) lines.set(key, { ...at, text: key });
        }
      }
    } catch (error) {
      if (!(error instanceof ConfigSyntaxError)) throw error;
      leave(findings, at, `found ${error.found}, expected ${error.expected}`);
    }
  }
  if (tree.children.size > 0)
    readRouter(findings, tree, (path) => lines.get(path.join(" ")) ?? { source, line: 0, text: path.join(" ") });
}

function pathsOf(tree: ConfigTree): string[][] {
  return [...tree.children].flatMap(([word, below]) =>
    below.children.size === 0 ? [[word]] : pathsOf(below).map((path) => [word, ...path]),
  );
}
