import { treeBelow } from "../config/build-tree.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import { type DiffLine, diffLines, nodeLines } from "./diff-lines.ts";
import type { NodeTemplate } from "./node-template.ts";
import { hasNamedChildren, placeOf } from "./place.ts";

const INDENT = "    ";

/**
 * What `show PATH` prints: the proposed configuration, each line with its mark against the running one. `undefined` when
 * there is nothing on either side. The path has to be known to the templates.
 */
export function renderShow(
  running: ConfigTree,
  working: ConfigTree,
  root: NodeTemplate,
  path: readonly string[],
): string | undefined {
  const lines = shownLines(running, working, root, path);
  if (lines.length === 0) return undefined;
  return lines.map((line) => `${line.mark}${INDENT.repeat(line.depth)}${line.text}\n`).join("");
}

function shownLines(running: ConfigTree, working: ConfigTree, root: NodeTemplate, path: readonly string[]): readonly DiffLine[] {
  const place = placeOf(root, path);
  if (place === undefined) return [];
  const [before, after] = [treeBelow(running, path), treeBelow(working, path)];
  if (hasNamedChildren(place)) return diffLines(before, after, place, path);
  const name = place.isValue ? path.slice(0, -1) : path;
  const lines = nodeLines(treeBelow(running, name), treeBelow(working, name), place.template, name);
  return place.isValue ? lines.filter((line) => line.text.endsWith(` ${path.at(-1)}`)) : lines;
}

/** What `compare` prints: only what differs, below `[edit PATH]` lines. Empty when both configurations are the same. */
export function renderComparison(before: ConfigTree, after: ConfigTree, root: NodeTemplate): string {
  let context: string | undefined;
  let text = "";
  for (const line of diffLines(before, after, { template: root, isValue: false })) {
    if (line.mark === " ") continue;
    const head = `[${["edit", ...line.context].join(" ")}]\n`;
    if (head !== context) text += head;
    context = head;
    text += `${line.mark}${INDENT.repeat(line.depthInContext)}${line.text}\n`;
  }
  return text;
}
