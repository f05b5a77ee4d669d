import type { ConfigTree } from "./config-tree.ts";
import type { Issue } from "./issue.ts";

/** Words that only a file can hold: the router's own configuration has no quote in any (vyatta-cfg), nor do its `set` lines. */
export function checkWords(tree: ConfigTree, above: readonly string[] = []): Issue[] {
  return [...tree.children].flatMap(([word, below]) => [
    ...(/['"\n]/.test(word) ? [{ path: above, message: `${JSON.stringify(word)} must be without quotes` }] : []),
    ...(below.children.size === 0 ? [] : checkWords(below, [...above, word])),
  ]);
}
