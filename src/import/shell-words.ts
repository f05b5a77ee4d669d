import { symbolOfCommand, symbolText } from "./symbol.ts";

/** Values of a script's variables. */
export type Variables = Map<string, string>;

/** One simple command of a line: `A=1 ip rule add ... >>file`. */
export interface SimpleCommand {
  readonly words: readonly string[];
  /** The file its output goes to, by `>`, `>>` or a `tee` after it. */
  readonly to?: string;
}

/** `glued`: no blank before it, so that a number there is that of a stream, `2>file`. */
type Token = { readonly word: string } | { readonly operator: string; readonly glued: boolean };

const OPERATOR = /\|\||&&|;;|>>|[|;&<>()]/y;

/** The simple commands of a line, variables put in; assignments are made in `variables` as they are met. A comment ends the line. */
export function simpleCommands(line: string, variables: Variables): SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let to: string | undefined;
  const end = (): void => {
    if (words[0] === "tee" && commands.length > 0) {
      const file = words.slice(1).find((word) => !word.startsWith("-"));
      const last = commands.pop();
      if (last !== undefined) commands.push({ ...last, ...(file === undefined ? {} : { to: file }) });
    } else if (words.length > 0) commands.push({ words, ...(to === undefined ? {} : { to }) });
    words = [];
    to = undefined;
  };
  let target = "";
  for (const token of tokens(line, variables)) {
    if ("operator" in token) {
      if (/^[<>]/.test(token.operator)) {
        target = token.operator;
        if (token.glued && /^\d$/.test(words.at(-1) ?? "")) target = `${words.pop()}${target}`;
      } else if (!(token.operator === "&" && target !== "")) {
        end();
        target = "";
      }
      continue;
    }
    if (target !== "") {
      if (target.startsWith(">")) to = token.word;
      target = "";
      continue;
    }
    if (words.length === 0 && ["sudo", "local", "export", "readonly", "declare", "then", "do", "else", "{"].includes(token.word))
      continue;
    const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(token.word);
    if (words.length === 0 && assignment !== null) variables.set(assignment[1] ?? "", assignment[2] ?? "");
    else words.push(token.word);
  }
  end();
  return commands;
}

function* tokens(line: string, variables: Variables): Generator<Token> {
  let word = "";
  let open = false;
  let at = 0;
  const flush = function* (): Generator<Token> {
    if (open) yield { word };
    word = "";
    open = false;
  };
  while (at < line.length) {
    const char = line[at] ?? "";
    OPERATOR.lastIndex = at;
    const operator = OPERATOR.exec(line)?.[0];
    if (/\s/.test(char)) {
      yield* flush();
      at++;
    } else if (char === "#" && !open) return;
    else if (operator !== undefined) {
      const glued = open;
      yield* flush();
      yield { operator, glued };
      at += operator.length;
    } else if (char === "'") {
      const close = line.indexOf("'", at + 1);
      word += line.slice(at + 1, close < 0 ? line.length : close);
      open = true;
      at = close < 0 ? line.length : close + 1;
    } else if (char === '"') {
      open = true;
      at++;
      while (at < line.length && line[at] !== '"') {
        if (line[at] === "\\" && at + 1 < line.length) word += line[++at] ?? "";
        else if (line[at] === "$" || line[at] === "`") {
          const found = substitution(line, at, variables);
          word += found.text;
          at = found.end - 1;
        } else word += line[at];
        at++;
      }
      at++;
    } else if (char === "$" || char === "`") {
      const found = substitution(line, at, variables);
      // An unquoted value is parted at its blanks, but in an assignment. A symbol is one word.
      const parts = /^[A-Za-z_]\w*=/.test(word) || found.text.includes("\uE000") ? [found.text] : found.text.split(/\s+/);
      for (const [i, part] of parts.entries()) {
        if (i > 0) yield* flush();
        word += part;
        if (part !== "") open = true;
      }
      at = found.end;
    } else {
      word += char === "\\" ? (line[++at] ?? "") : char;
      open = true;
      at++;
    }
  }
  yield* flush();
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `$(command)` or a command between backticks, at `at`. */
function substitution(line: string, at: number, variables: Variables): { readonly text: string; readonly end: number } {
  const named = /\$(?:(\w+)|\{(\w+)(?::?[-=]([^{}]*)|(%[^{}]*))?\})/y;
  named.lastIndex = at;
  const match = named.exec(line);
  if (match !== null) {
    const [all, bare, braced, otherwise, cut] = match;
    const name = bare ?? braced ?? "";
    const value = variables.get(name) ?? otherwise;
    const text =
      value === undefined
        ? symbolText({ kind: "unknown", name: `$${name}` })
        : cut === undefined
          ? value
          : withoutLength(value, cut, name);
    return { text, end: at + all.length };
  }
  const closed = line[at] === "`" ? line.indexOf("`", at + 1) : line.startsWith("$(", at) ? closing(line, at + 1) : -1;
  if (closed < 0) return { text: line[at] ?? "", end: at + 1 };
  const inner = line.slice(at + (line[at] === "`" ? 1 : 2), closed);
  const filled = inner.replace(/\$\{?(\w+)\}?/g, (all, name: string) => variables.get(name) ?? all);
  const assigned = /([A-Za-z_]\w*)=["']?$/.exec(line.slice(0, at))?.[1];
  const name = assigned === undefined ? `$(${inner.trim().slice(0, 40)})` : `$${assigned}`;
  return { text: symbolText(symbolOfCommand(filled, name)), end: closed + 1 };
}

/** `${net%/*}`: the part in front of the slash. */
function withoutLength(value: string, cut: string, name: string): string {
  if (cut !== "%/*" && cut !== "%%/*") return symbolText({ kind: "unknown", name: `$${name}` });
  return value.startsWith("\uE000network ") ? value.replace("\uE000network", "\uE000address") : value.replace(/\/.*$/, "");
}

function closing(line: string, open: number): number {
  let depth = 0;
  for (let at = open; at < line.length; at++) {
    if (line[at] === "(") depth++;
    if (line[at] === ")" && --depth === 0) return at;
  }
  return -1;
}
