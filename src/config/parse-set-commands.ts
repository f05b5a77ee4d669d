import { addPath, newTree } from "./build-tree.ts";
import type { ConfigTree } from "./config-tree.ts";
import { DEEPEST } from "./parse-curly.ts";
import { describeAt, syntaxErrorAt } from "./syntax-error.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const JUNK = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const BLANK = /[ \t\r]*/y;
const WORD = /'([^'\n]*)'|"([^"\n]*)"|([^\s'"]+)/y;

/**
 * Parses `set` lines: the form of `cli-shell-api showConfig --show-commands` (every word in single quotes) and the one people
 * type (bare words, double quotes). `comment` lines, `#` lines and empty lines are skipped. No word can hold a quote or a
 * newline, the router's engine sees to that. Throws ConfigSyntaxError.
 */
export function parseSetCommands(text: string, source = "configuration"): ConfigTree {
  const fail = (offset: number, expected: string, found = describeAt(text, offset)) =>
    syntaxErrorAt(source, text, offset, found, expected);
  const junk = JUNK.exec(text);
  if (junk !== null) throw fail(junk.index, "text");
  const tree = newTree();
  let at = 0;
  const skipBlank = () => {
    BLANK.lastIndex = at;
    at += BLANK.exec(text)?.[0].length ?? 0;
    return at >= text.length || text[at] === "\n";
  };
  const readWord = (): string => {
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (match === null) {
      const end = text.indexOf("\n", at);
      throw fail(end < 0 ? text.length : end, `the quote (${text[at]}) that ends the word`);
    }
    const start = at;
    at += match[0].length;
    if (!skipsTo(text, at))
      throw fail(at, `a blank after the word that begins in column ${start - text.lastIndexOf("\n", start - 1)}`);
    return match[1] ?? match[2] ?? match[3] ?? "";
  };
  for (; at < text.length; at++) {
    if (skipBlank()) continue;
    const start = at;
    const verb = text[at] === "#" ? "#" : readWord();
    if (verb === "comment" || verb === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
      continue;
    }
    if (verb !== "set") throw fail(start, '"set"', verb.length > 40 ? "another word" : `"${verb}"`);
    const words: string[] = [];
    while (!skipBlank()) {
      if (words.length > DEEPEST) throw fail(at, `at most ${DEEPEST} words in a line`);
      words.push(readWord());
    }
    if (words.length === 0) throw fail(at, 'a path after "set"');
    addPath(tree, words);
  }
  return tree;
}

function skipsTo(text: string, at: number): boolean {
  return at >= text.length || /\s/.test(text[at] ?? "");
}
