import { treeBelow } from "../config/build-tree.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import type { NodeTemplate } from "./node-template.ts";
import { placeOf } from "./place.ts";

/**
 * The value that `$VAR(reference)` stands for, seen from the node at `path`: `./need/@`, `../type/@`, `/policy-route/backend/@`.
 * A `..` goes up one word; the last `@` may be left out. Empty when there is no such node or it has no value.
 */
export function lookUpReference(tree: ConfigTree, root: NodeTemplate, path: readonly string[], reference: string): string {
  let at = reference.startsWith("/") ? [] : [...path];
  for (const part of reference.split("/")) {
    if (part === "..") at = at.slice(0, -1);
    else if (part !== "" && part !== "." && part !== "@") at = [...at, part];
  }
  const place = placeOf(root, at);
  const found = treeBelow(tree, at);
  if (place === undefined || found === undefined) return "";
  if (place.isValue) return at.at(-1) ?? "";
  return place.template.kind === "node" ? "" : ([...found.children.keys()][0] ?? "");
}
