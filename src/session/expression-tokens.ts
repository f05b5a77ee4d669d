/** One token of an expression. `word` covers `pattern`, `exec`, `in` and constants without quotes. */
export interface Token {
  readonly kind: "string" | "output" | "variable" | "operator" | "word";
  readonly text: string;
}

const SPACE = /[ \t\n]+|\\\n/y;
const VARIABLE = /\$VAR\(([^)]+)\)/y;
const OPERATOR = /==|!=|<=|>=|\|\||&&|[<>=!(),;]/y;
const WORD = /[A-Za-z0-9_.:/]+/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** Text between the quotes and the position after the closing one. A backslash takes the next character as it is, but for \n \t \r \b \f. */
function readString(text: string, start: number): { value: string; end: number } {
  const quote = text[start];
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === quote) return { value, end: at + 1 };
    if (char !== "\\") {
      value += char;
      continue;
    }
    const next = text[++at] ?? "";
    if (next !== "\n") value += ESCAPES[next] ?? next;
  }
  throw new Error(`a string is not closed: ${text.slice(start)}`);
}

/** Splits an expression of a template the way vyatta-cfg's cli_def.l does. Throws on a character no expression can hold. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(SPACE, text, at);
    if (space !== undefined) {
      at += space[0].length;
      continue;
    }
    const char = text[at];
    if (char === '"' || char === "`") {
      const { value, end } = readString(text, at);
      tokens.push({ kind: char === '"' ? "string" : "output", text: value });
      at = end;
      continue;
    }
    const variable = match(VARIABLE, text, at);
    const found = variable ?? match(OPERATOR, text, at) ?? match(WORD, text, at);
    if (found === undefined) throw new Error(`unexpected "${char}" in: ${text}`);
    if (variable !== undefined) tokens.push({ kind: "variable", text: variable[1] ?? "" });
    else tokens.push({ kind: /^\w|^:/.test(found[0]) ? "word" : "operator", text: found[0] });
    at += found[0].length;
  }
  return tokens;
}
