import type { ConfigTree } from "../config/config-tree.ts";
import { compareNatural } from "../config/natural-order.ts";
import type { NodeTemplate } from "./node-template.ts";
import { hasNamedChildren, type Place, step } from "./place.ts";

/** `+` added, `-` deleted, `>` changed, a space where both sides are the same. */
export type Mark = "+" | "-" | ">" | " ";

/** One line of a configuration in curly form. */
export interface DiffLine {
  readonly mark: Mark;
  /** Nesting below the path that is shown. */
  readonly depth: number;
  readonly text: string;
  /** The deepest node above the line that is on both sides, and the line's nesting below that. */
  readonly context: readonly string[];
  readonly depthInContext: number;
}

interface Position {
  readonly path: readonly string[];
  readonly depth: number;
  /** Set once a subtree is on one side only. */
  readonly only: { readonly mark: Mark; readonly context: readonly string[]; readonly depth: number } | undefined;
}

/**
 * The lines of two configurations side by side, in the engine's order and form (vyatta-cfg, cnode-algorithm.cpp). `place` is
 * the template of the node whose children are shown, `path` the words up to it.
 */
export function diffLines(
  before: ConfigTree | undefined,
  after: ConfigTree | undefined,
  place: Place,
  path: readonly string[] = [],
): readonly DiffLine[] {
  return below(before, after, place, { path, depth: 0, only: undefined });
}

/** The lines of one named node, head and closing brace included. */
export function nodeLines(
  before: ConfigTree | undefined,
  after: ConfigTree | undefined,
  template: NodeTemplate,
  path: readonly string[],
): readonly DiffLine[] {
  const name = path.at(-1) ?? "";
  return named(name, before, after, template, { path: path.slice(0, -1), depth: 0, only: undefined });
}

function below(before: ConfigTree | undefined, after: ConfigTree | undefined, place: Place, at: Position): DiffLine[] {
  return sortedWords(before, after).flatMap((word) => {
    const next = step(place, word);
    if (next === undefined) return [];
    return named(word, before?.children.get(word), after?.children.get(word), next.template, at);
  });
}

function named(
  name: string,
  before: ConfigTree | undefined,
  after: ConfigTree | undefined,
  template: NodeTemplate,
  at: Position,
): DiffLine[] {
  if (template.kind === "leaf" || template.kind === "multi") return values(name, before, after, at);
  if (template.kind === "node") return block(name, before, after, { template, isValue: false }, at, [name]);
  return sortedWords(before, after).flatMap((value) =>
    block(`${name} ${quoted(value)}`, before?.children.get(value), after?.children.get(value), { template, isValue: true }, at, [
      name,
      value,
    ]),
  );
}

function block(
  head: string,
  before: ConfigTree | undefined,
  after: ConfigTree | undefined,
  place: Place,
  at: Position,
  words: readonly string[],
): DiffLine[] {
  const mark: Mark = at.only?.mark ?? (before === undefined ? "+" : after === undefined ? "-" : " ");
  const only = at.only ?? (mark === " " ? undefined : { mark, context: at.path, depth: at.depth });
  const inside = { path: [...at.path, ...words], depth: at.depth + 1, only };
  const isFlag = hasNamedChildren(place) && place.template.children.size === 0 && !place.isValue;
  const lines = below(before, after, place, inside);
  const outside = { ...at, only };
  if (isFlag) return [line(mark, head, outside)];
  return [line(mark, `${head} {`, outside), ...lines, line(mark, "}", outside)];
}

function values(name: string, before: ConfigTree | undefined, after: ConfigTree | undefined, at: Position): DiffLine[] {
  const old = [...(before?.children.keys() ?? [])];
  const now = [...(after?.children.keys() ?? [])];
  const show = (mark: Mark, value: string) => line(at.only?.mark ?? mark, `${name} ${quoted(value)}`, at);
  if (old.length === 1 && now.length === 1 && old[0] !== now[0]) return [show(">", now[0] ?? "")];
  const deleted = old.filter((value) => !now.includes(value)).map((value) => show("-", value));
  const kept = now.map((value, index) => show(!old.includes(value) ? "+" : old[index] === value ? " " : ">", value));
  return [...deleted, ...kept];
}

function line(mark: Mark, text: string, at: Position): DiffLine {
  const context = at.only?.context ?? at.path;
  return { mark, text, depth: at.depth, context, depthInContext: at.only === undefined ? 0 : at.depth - at.only.depth };
}

function sortedWords(before: ConfigTree | undefined, after: ConfigTree | undefined): string[] {
  return [...new Set([...(before?.children.keys() ?? []), ...(after?.children.keys() ?? [])])].sort(compareNatural);
}

/** Double quotes when the value is empty or holds one of `* } { ;` or white space; there is no escaping. */
function quoted(value: string): string {
  return value === "" || /[*}{;\s]/.test(value) ? `"${value}"` : value;
}
