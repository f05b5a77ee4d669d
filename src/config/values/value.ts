/** A value that is not one: `message` names the value and what would be right. Caught where the value's path is known. */
export class InvalidValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidValue";
  }
}

/** Text as typed by the operator -> canonical value; throws InvalidValue. */
export type ParseValue<T> = (text: string) => T;

const LONGEST_QUOTE = 60;

/** The text in double quotes for a message: control characters escaped and long texts cut, so that a message stays one line. */
export function quote(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text;
  return `"${shown.replace(/\p{Cc}/gu, (c) => `\\x${(c.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`)}"`;
}

/** `a, b or c` */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** One of a few words. */
export function oneOf<const W extends readonly string[]>(...words: W): ParseValue<W[number]> {
  const known = new Map<string, W[number]>(words.map((word) => [word, word]));
  return (text) => {
    const word = known.get(text);
    if (word === undefined) throw new InvalidValue(`${quote(text)} must be ${orList(words)}`);
    return word;
  };
}

/** Splits the `!` of a negated value off. */
export function splitNegation(text: string): { readonly negate: boolean; readonly rest: string } {
  return text.startsWith("!") ? { negate: true, rest: text.slice(1).trimStart() } : { negate: false, rest: text };
}
