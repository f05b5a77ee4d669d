import type { ConfigTree } from "./config-tree.ts";
import type { Kind } from "./fields.ts";
import { compareNatural } from "./natural-order.ts";

/** The kind of the node at a path of words from the root of the rendered tree; `undefined` for values and unknown nodes. */
export type KindOf = (path: readonly string[]) => Kind | undefined;

/** Children in the engine's order: names in natural order, the values of a multi node as they were given. */
function inOrder(tree: ConfigTree, kind: Kind | undefined): (readonly [string, ConfigTree])[] {
  const children = [...tree.children];
  return kind === "multi" ? children : children.sort(([a], [b]) => compareNatural(a, b));
}

/**
 * `set` lines with every word in single quotes, as `cli-shell-api showConfig --show-commands` prints them. `above` is the path
 * of the tree's root, `["policy-route"]`. Throws when a word holds a quote or a newline, which no configuration can.
 */
export function renderSetCommands(tree: ConfigTree, kindOf: KindOf, above: readonly string[] = []): string {
  const lines: string[] = [];
  const render = (at: ConfigTree, path: readonly string[], prefix: string) => {
    if (at.children.size === 0 && path.length > 0) lines.push(`${prefix}\n`);
    for (const [word, below] of inOrder(at, kindOf(path))) render(below, [...path, word], `${prefix} ${singleQuoted(word)}`);
  };
  render(tree, above, ["set", ...above.map(singleQuoted)].join(" "));
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
    for (const [word, below] of inOrder(at, kindOf(path))) {
      const own = [...path, word];
      const name = quoted(word);
      const kind = kindOf(own);
      const values = inOrder(below, kind);
      if (values.length === 0 && kind !== "node") lines.push(`${indent}${name}\n`);
      else if (kind === "tag") for (const [key, entry] of values) block(`${name} ${quoted(key)}`, entry, [...own, key], indent);
      else if ((kind === "leaf" || kind === "multi") && values.every(([, value]) => value.children.size === 0)) {
        for (const [value] of values) lines.push(`${indent}${name} ${quoted(value)}\n`);
      } else block(name, below, own, indent);
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
