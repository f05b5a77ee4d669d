import type { Comparison, Expression, Literal, Operand } from "./expression.ts";
import { readTokens, type Token } from "./expression-tokens.ts";
import { typeOfConstant } from "./value-type.ts";

const COMPARISONS: readonly string[] = ["in", "==", "!=", "<", ">", "<=", ">="];

class Cursor {
  private at = 0;
  constructor(
    private readonly tokens: readonly Token[],
    private readonly text: string,
  ) {}
  peek(): Token | undefined {
    return this.tokens[this.at];
  }
  take(): Token {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Error(`the expression ends too early: ${this.text.trim()}`);
    return token;
  }
  /** Takes the next token when it is this operator or word. */
  takes(kind: Token["kind"], text: string): boolean {
    const token = this.peek();
    if (token?.kind !== kind || token.text !== text) return false;
    this.at++;
    return true;
  }
  takeKind(kind: Token["kind"]): string {
    const token = this.take();
    if (token.kind !== kind) throw new Error(`expected a ${kind} but found "${token.text}" in: ${this.text.trim()}`);
    return token.text;
  }
}

/**
 * Parses what follows `syntax:expression:` (pattern, in, comparisons, exec, && || !, brackets, `; "message"`). Throws an
 * Error that quotes the expression when it is malformed.
 */
export function parseExpression(text: string): Expression {
  const cursor = new Cursor(readTokens(text), text);
  const expression = parseMessages(cursor);
  const rest = cursor.peek();
  if (rest !== undefined) throw new Error(`unexpected "${rest.text}" in: ${text.trim()}`);
  return expression;
}

function parseMessages(cursor: Cursor): Expression {
  let expression = parseOr(cursor);
  while (cursor.takes("operator", ";")) expression = { kind: "message", of: expression, text: cursor.takeKind("string") };
  return expression;
}

function parseOr(cursor: Cursor): Expression {
  let left = parseAnd(cursor);
  while (cursor.takes("operator", "||")) left = { kind: "or", left, right: parseAnd(cursor) };
  return left;
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseOne(cursor);
  while (cursor.takes("operator", "&&")) left = { kind: "and", left, right: parseOne(cursor) };
  return left;
}

function parseOne(cursor: Cursor): Expression {
  if (cursor.takes("operator", "!")) return { kind: "not", of: parseOne(cursor) };
  if (cursor.takes("operator", "(")) {
    const inner = parseMessages(cursor);
    if (!cursor.takes("operator", ")")) throw new Error('a ")" is missing');
    return inner;
  }
  if (cursor.takes("word", "pattern")) {
    return { kind: "pattern", variable: cursor.takeKind("variable"), pattern: cursor.takeKind("string") };
  }
  if (cursor.takes("word", "exec")) return { kind: "exec", command: cursor.takeKind("string") };
  const left = parseOperand(cursor);
  const comparison = cursor.take().text;
  if (!COMPARISONS.includes(comparison)) throw new Error(`"${comparison}" is no comparison`);
  return { kind: "compare", comparison: comparison as Comparison, left, right: parseOperand(cursor) };
}

function parseOperand(cursor: Cursor): Operand {
  const token = cursor.peek();
  if (token?.kind === "variable") return { kind: "variable", path: cursor.take().text };
  if (token?.kind === "output") return { kind: "output", command: cursor.take().text };
  const values: Literal[] = [];
  do {
    values.push(parseLiteral(cursor.take()));
  } while (cursor.takes("operator", ","));
  return { kind: "literals", values };
}

function parseLiteral(token: Token): Literal {
  if (token.kind === "string") return { type: "txt", text: token.text };
  const type = token.kind === "word" ? typeOfConstant(token.text) : undefined;
  if (type === undefined) throw new Error(`"${token.text}" is no constant`);
  return { type, text: token.text };
}
