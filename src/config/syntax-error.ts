/** A configuration text that is not one. `line` and `column` count from 1; `source` says which text: a path, "the session". */
export class ConfigSyntaxError extends Error {
  constructor(
    readonly source: string,
    readonly line: number,
    readonly column: number,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`${source}, line ${line}, column ${column}: found ${found}, expected ${expected}`);
    this.name = "ConfigSyntaxError";
  }
}

/** Control characters that no configuration holds: anything but tab, newline and carriage return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
export const JUNK = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** The error at an offset of a text. Line and column are counted only now: parsing has no need of them. */
export function syntaxErrorAt(source: string, text: string, offset: number, found: string, expected: string): ConfigSyntaxError {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return new ConfigSyntaxError(source, line, offset - (before.lastIndexOf("\n") + 1) + 1, found, expected);
}

/** What is at an offset, in words. */
export function describeAt(text: string, offset: number): string {
  const code = text.codePointAt(offset);
  if (code === undefined) return "the end of the text";
  if (code === 0x0a || code === 0x0d) return "the end of the line";
  if (code < 0x20 || code === 0x7f) return `byte 0x${code.toString(16).padStart(2, "0")}`;
  return `"${String.fromCodePoint(code)}"`;
}
