import { addPath, branch, newTree, type TreeBuilder } from "./build-tree.ts";
import type { ConfigTree } from "./config-tree.ts";
import { describeAt, JUNK, syntaxErrorAt } from "./syntax-error.ts";

/** The deepest the language goes is 8; a text that nests deeper than this is not a configuration. */
export const DEEPEST = 64;

/** A whole configuration in the curly form. `versioned`: the version line that the router writes last was there. */
export interface CurlyText {
  readonly tree: ConfigTree;
  readonly versioned: boolean;
}

interface Block {
  readonly tree: TreeBuilder;
  readonly offset: number;
}

/** `// vyos-config-version: "..."` (VyOS 1.3 on) or `/* === vyatta-config-version: "..." === *\/`. */
const VERSION_LINE = /^\s*(?:===\s*)?(?:vyos|vyatta)-config-version:/;
const BLANK = /[ \t\r]*/y;
/** A bare word may hold anything but white space, quotes, braces and semicolons: the engine puts the rest in quotes. */
const BARE_WORD = /[^\s"{};]+/y;
const QUOTED_WORD = /"[^"\n]*"/y;

/**
 * Parses the form of config.boot and of `cli-shell-api showConfig`: `name {`, `name value {`, `name value`, `name`, `}`, one
 * per line, comments above nodes. Values are in double quotes when they hold white space, `*`, braces or `;`; there is no
 * escaping. Throws ConfigSyntaxError; a text that ends inside a block, a quote or a comment is an error.
 */
export function parseCurly(text: string, source = "configuration"): CurlyText {
  const fail = (offset: number, expected: string, found = describeAt(text, offset)) =>
    syntaxErrorAt(source, text, offset, found, expected);
  const junk = JUNK.exec(text);
  if (junk !== null) throw fail(junk.index, "text");
  const root: Block = { tree: newTree(), offset: 0 };
  const blocks = [root];
  let versioned = false;
  let at = 0;
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };
  const skipComment = (end: string) => {
    const from = at + 2;
    const to = text.indexOf(end, from);
    if (to < 0 && end !== "\n") throw fail(text.length, `"*/" of the comment that begins in line ${lineOf(text, at)}`);
    at = to < 0 ? text.length : to + end.length;
    if (VERSION_LINE.test(text.slice(from, to < 0 ? text.length : to))) versioned = true;
  };
  const readWord = (): string | undefined => {
    match(BLANK);
    if (text[at] !== '"') return match(BARE_WORD) || undefined;
    const start = at;
    const quoted = match(QUOTED_WORD);
    if (quoted === "") {
      const end = text.indexOf("\n", start);
      throw fail(end < 0 ? text.length : end, `a double quote that ends the value begun in column ${columnOf(text, start)}`);
    }
    return quoted.slice(1, -1);
  };
  while (true) {
    match(BLANK);
    const block = blocks.at(-1) ?? root;
    if (at >= text.length) break;
    if (text[at] === "\n") at++;
    else if (text.startsWith("/*", at)) skipComment("*/");
    else if (text.startsWith("//", at)) skipComment("\n");
    else if (text[at] === "}") {
      if (blocks.length === 1) throw fail(at, "the name of a node, since no block is open");
      blocks.pop();
      at++;
    } else {
      const start = at;
      const name = readWord();
      if (name === undefined || name === "") throw fail(start, 'the name of a node or "}"');
      const value = readWord();
      const words = value === undefined ? [name] : [name, value];
      match(BLANK);
      if (text[at] === "{") {
        if (blocks.length > DEEPEST) throw fail(at, `at most ${DEEPEST} blocks inside each other`, `another "{"`);
        addPath(block.tree, words);
        blocks.push({ tree: words.reduce(branch, block.tree), offset: start });
        at++;
      } else if (at >= text.length || text[at] === "\n" || text[at] === "}") {
        addPath(block.tree, words);
      } else {
        throw fail(
          at,
          value === undefined
            ? 'a value, "{" or the end of the line'
            : '"{" or the end of the line (a value with blanks, braces or ";" needs double quotes)',
        );
      }
    }
  }
  const open = blocks.length > 1 ? blocks.at(-1) : undefined;
  if (open !== undefined) throw fail(text.length, `"}" of the block that begins in line ${lineOf(text, open.offset)}`);
  return { tree: root.tree, versioned };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function columnOf(text: string, offset: number): number {
  return offset - text.lastIndexOf("\n", offset - 1);
}
