/** A line that ends inside quotes. */
export class OpenQuoteError extends Error {
  constructor() {
    super("a quote is not closed");
  }
}

/** A word of a command line and where it starts; `isQuoted` when any part of it stood in quotes. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly isQuoted: boolean;
}

/**
 * Splits a command line at white space. Single and double quotes group words and go away, a backslash takes the next
 * character as it is (inside single quotes it is an ordinary character). Throws OpenQuoteError.
 */
export function splitWords(line: string): readonly Word[] {
  const { words, openQuote } = readWords(line);
  if (openQuote) throw new OpenQuoteError();
  return words;
}

/** As splitWords, for a line that is still being typed: an open quote is taken as closed at the end. */
export function readWords(line: string): { readonly words: readonly Word[]; readonly openQuote: boolean } {
  const words: Word[] = [];
  let word: { text: string; start: number; isQuoted: boolean } | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? "";
    if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= { text: "", start: at, isQuoted: false };
    if (quote === undefined && (char === "'" || char === '"')) {
      quote = char;
      word.isQuoted = true;
    } else if (char === quote) quote = undefined;
    else if (char === "\\" && quote !== "'" && at + 1 < line.length) word.text += line[++at];
    else word.text += char;
  }
  if (word !== undefined) words.push(word);
  return { words, openQuote: quote !== undefined };
}
