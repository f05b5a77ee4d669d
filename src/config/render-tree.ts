import { type ConfigTree, EMPTY_TREE } from "./config-tree.ts";
import type { Kind } from "./fields.ts";
import { compareNatural } from "./natural-order.ts";

/** The kind of the node at a path of words from the root of the rendered tree; `undefined` for values and unknown nodes. */
export type KindOf = (path: readonly string[]) => Kind | undefined;

/** The words below a node in the engine's order: names in natural order, the values of a multi node as they were given. */
function inOrder(tree: ConfigTree, kindOf: KindOf, path: readonly string[]): Iterable<string> {
  // Most nodes have one child: a large configuration is not asked for the kind of each.
  if (tree.children.size < 2 || kindOf(path) === "multi") return tree.children.keys();
  return [...tree.children.keys()].sort(compareNatural);
}

function below(tree: ConfigTree, word: string): ConfigTree {
  return tree.children.get(word) ?? EMPTY_TREE;
}

/**
 * `set` lines with every word in single quotes, as `cli-shell-api showConfig --show-commands` prints them. `above` is the path
 * of the tree's root, `["policy-route"]`. Throws when a word holds a quote or a newline, which no configuration can.
 */
export function renderSetCommands(tree: ConfigTree, kindOf: KindOf, above: readonly string[] = []): string {
  const lines: string[] = [];
  const path = [...above];
  const render = (at: ConfigTree, prefix: string) => {
    for (const word of inOrder(at, kindOf, path)) {
      const line = `${prefix} ${singleQuoted(word)}`;
      const child = below(at, word);
      if (child.children.size === 0) lines.push(`${line}\n`);
      else {
        path.push(word);
        render(child, line);
        path.pop();
      }
    }
  };
  const head = ["set", ...above.map(singleQuoted)].join(" ");
  if (tree.children.size === 0 && above.length > 0) return `${head}\n`;
  render(tree, head);
  return lines.join("");
}

function singleQuoted(word: string): string {
  if (/['"\n]/.test(word)) throw new Error(`Bug: a configuration word holds a quote or a newline: ${JSON.stringify(word)}`);
  return `'${word}'`;
}

/**
 * The curly form, as `show` and config.boot have it: four blanks per level, double quotes only where the engine puts them.
 * `above` is the path of the tree's root and is not printed.
 */
export function renderCurly(tree: ConfigTree, kindOf: KindOf, above: readonly string[] = []): string {
  const lines: string[] = [];
  const block = (head: string, at: ConfigTree, path: readonly string[], indent: string) => {
    lines.push(`${indent}${head} {\n`);
    render(at, path, `${indent}    `);
    lines.push(`${indent}}\n`);
  };
  const render = (at: ConfigTree, path: readonly string[], indent: string) => {
    for (const word of inOrder(at, kindOf, path)) {
      const own = [...path, word];
      const name = quoted(word);
      const kind = kindOf(own);
      const child = below(at, word);
      const values = [...inOrder(child, kindOf, own)];
      if (values.length === 0 && kind !== "node") lines.push(`${indent}${name}\n`);
      else if (kind === "tag")
        for (const key of values) block(`${name} ${quoted(key)}`, below(child, key), [...own, key], indent);
      else if ((kind === "leaf" || kind === "multi") && values.every((value) => below(child, value).children.size === 0)) {
        for (const value of values) lines.push(`${indent}${name} ${quoted(value)}\n`);
      } else block(name, child, own, indent);
    }
  };
  render(tree, above, "");
  return lines.join("");
}

/** The engine's rule: quotes when empty or when it holds white space or one of `* } { ;`. */
function quoted(word: string): string {
  if (/["\n]/.test(word)) throw new Error(`Bug: a configuration word holds a double quote or a newline: ${JSON.stringify(word)}`);
  return word === "" || /[\s*{};]/.test(word) ? `"${word}"` : word;
}
