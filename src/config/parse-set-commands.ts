import { addPath, newTree } from "./build-tree.ts";
import type { ConfigTree } from "./config-tree.ts";
import { DEEPEST } from "./parse-curly.ts";
import { ConfigSyntaxError, describeAt, JUNK, syntaxErrorAt } from "./syntax-error.ts";

const BLANK = /[ \t\r]*/y;
const WORD = /'([^']*)'|"([^"]*)"|([^\s'"]+)/y;

/**
 * Parses `set` lines: the form of `cli-shell-api showConfig --show-commands` (every word in single quotes) and the one people
 * type (bare words, double quotes). `comment` lines, `#` lines and empty lines are skipped. No word can hold a quote or a
 * newline, the router's engine sees to that. Throws ConfigSyntaxError.
 */
export function parseSetCommands(text: string, source = "configuration"): ConfigTree {
  const junk = JUNK.exec(text);
  if (junk !== null) throw syntaxErrorAt(source, text, junk.index, describeAt(text, junk.index), "text");
  const tree = newTree();
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    const words = splitEvenly(line) ?? parseLine(line, i + 1, source);
    if (words.length > 0) addPath(tree, words);
  }
  return tree;
}

/** Whether a text is of `set` lines, and not in the curly form. */
export function isSetForm(text: string): boolean {
  return /^\s*(#.*\n\s*)*(set|comment)\s/.test(text);
}

const ALL_QUOTED = /^set(?: '[^']*')+$/;
const ALL_BARE = /^set(?: [^\s'"]+)+$/;

/**
 * The words of a line as the engine prints it, or as most people type it: done fast, since a large configuration has
 * thousands. `undefined`: look at it closely.
 */
function splitEvenly(line: string): string[] | undefined {
  const words = ALL_QUOTED.test(line)
    ? line.slice(5, -1).split("' '")
    : ALL_BARE.test(line)
      ? line.slice(4).split(" ")
      : undefined;
  return words === undefined || words.length > DEEPEST ? undefined : words;
}

/** The words after `set`; none for a line that says nothing. */
function parseLine(line: string, number: number, source: string): string[] {
  const fail = (at: number, expected: string, found = describeAt(line, at)) =>
    new ConfigSyntaxError(source, number, at + 1, found, expected);
  const words: string[] = [];
  let at = skipBlank(line, 0);
  const start = at;
  while (at < line.length) {
    WORD.lastIndex = at;
    const match = WORD.exec(line);
    if (match === null) throw fail(line.length, `the quote (${line[at]}) that ends the word begun in column ${at + 1}`);
    const word = match[1] ?? match[2] ?? match[3] ?? "";
    if (words.length === 0 && (word === "comment" || word.startsWith("#"))) return [];
    if (words.length === 0 && word !== "set") throw fail(start, '"set"', word.length > 40 ? "another word" : `"${word}"`);
    if (words.length > DEEPEST) throw fail(at, `at most ${DEEPEST} words after "set"`);
    words.push(word);
    const end = at + match[0].length;
    at = skipBlank(line, end);
    if (at === end && at < line.length)
      throw fail(at, `a blank after the word that begins in column ${end - match[0].length + 1}`);
  }
  if (words.length === 1) throw fail(line.length, 'a path after "set"');
  return words.slice(1);
}

function skipBlank(line: string, from: number): number {
  BLANK.lastIndex = from;
  return from + (BLANK.exec(line)?.[0].length ?? 0);
}
