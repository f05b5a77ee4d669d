import { treeBelow } from "../config/build-tree.ts";
import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import type { NodeTemplate } from "./node-template.ts";
import { type Place, placeOf, step } from "./place.ts";

/** A tag or multi holds as many values as its template allows. */
export class LimitError extends Error {}

/** Trees that one run of edits made and that nobody else holds: these edits may change them in place. */
export type Drafts = WeakSet<ConfigTree>;

/**
 * The tree with a path added. A leaf loses its old value, a multi keeps its values and gets one more at the end. The path
 * has to be one that the templates know. Throws LimitError. `drafts` is handed from one edit to the next: without it each
 * copies the trees it changes, and a thousand rules set one by one are copied three thousand times.
 */
export function withPath(
  tree: ConfigTree,
  root: NodeTemplate,
  words: readonly string[],
  drafts: Drafts = new WeakSet(),
): ConfigTree {
  return add(tree, { template: root, isValue: false }, words, drafts);
}

function add(tree: ConfigTree, place: Place, words: readonly string[], drafts: Drafts): ConfigTree {
  const [word, ...rest] = words;
  if (word === undefined) return tree;
  const next = step(place, word);
  if (next === undefined) throw new Error(`no template for ${words.join(" ")}`);
  const old = tree.children.get(word);
  if (old === undefined && next.isValue) checkLimit(tree, next.template, word);
  const isOnlyValue = next.isValue && next.template.kind === "leaf";
  const child = add(old ?? EMPTY_TREE, next, rest, drafts);
  if (drafts.has(tree) && !isOnlyValue) {
    (tree.children as Map<string, ConfigTree>).set(word, child);
    return tree;
  }
  const draft = { children: new Map(isOnlyValue ? [] : tree.children).set(word, child) };
  drafts.add(draft);
  return draft;
}

function checkLimit(tree: ConfigTree, template: NodeTemplate, word: string): void {
  if (template.kind === "leaf" || template.limit === 0 || tree.children.size < template.limit) return;
  throw new LimitError(
    template.kind === "tag"
      ? `Cannot set node "${word}": number of values exceeds limit(${template.limit} allowed)`
      : `Cannot set value "${word}": number of values exceeded (${template.limit} allowed)`,
  );
}

/**
 * The tree without a path and everything below it. The last value of a tag, leaf or multi takes the node with it; a container
 * stays when it becomes empty. No change when the path is not there.
 */
export function withoutPath(tree: ConfigTree, root: NodeTemplate, words: readonly string[]): ConfigTree {
  if (words.length === 0 || treeBelow(tree, words) === undefined) return tree;
  const parent = words.slice(0, -1);
  const isLastValue = placeOf(root, words)?.isValue === true && treeBelow(tree, parent)?.children.size === 1;
  return remove(tree, isLastValue ? parent : words);
}

function remove(tree: ConfigTree, words: readonly string[]): ConfigTree {
  const [word = "", ...rest] = words;
  const children = new Map(tree.children);
  const child = children.get(word);
  if (rest.length === 0 || child === undefined) children.delete(word);
  else children.set(word, remove(child, rest));
  return { children };
}

/** The tree with another subtree at a path that exists up to its last word; `undefined` removes it. */
export function withSubtree(tree: ConfigTree, words: readonly string[], replacement: ConfigTree | undefined): ConfigTree {
  const [word, ...rest] = words;
  if (word === undefined) return replacement ?? EMPTY_TREE;
  const children = new Map(tree.children);
  if (rest.length === 0 && replacement === undefined) children.delete(word);
  else children.set(word, withSubtree(children.get(word) ?? EMPTY_TREE, rest, replacement));
  return { children };
}
