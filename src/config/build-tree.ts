import { type ConfigTree, EMPTY_TREE } from "./config-tree.ts";

/** A tree under construction. */
export interface TreeBuilder extends ConfigTree {
  readonly children: Map<string, ConfigTree>;
}

export function newTree(): TreeBuilder {
  return { children: new Map() };
}

/** The child with that name, made when there is none. Words without children share one empty tree: most words are values. */
export function branch(tree: TreeBuilder, word: string): TreeBuilder {
  const child = tree.children.get(word);
  if (child !== undefined && child !== EMPTY_TREE) return child as TreeBuilder;
  const made = newTree();
  tree.children.set(word, made);
  return made;
}

/** Adds a path of words. */
export function addPath(tree: TreeBuilder, words: readonly string[]): void {
  let at = tree;
  for (let i = 0; i < words.length - 1; i++) at = branch(at, words[i] as string);
  const last = words.at(-1);
  if (last !== undefined && !at.children.has(last)) at.children.set(last, EMPTY_TREE);
}

/** The tree below a path; `undefined` when the path is not there. */
export function treeBelow(tree: ConfigTree, path: readonly string[]): ConfigTree | undefined {
  let at: ConfigTree | undefined = tree;
  for (const word of path) at = at?.children.get(word);
  return at;
}
