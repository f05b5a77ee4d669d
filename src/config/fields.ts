import * as z from "zod/mini";
import { InvalidValue, type ParseValue } from "./values/value.ts";

export type Kind = "node" | "tag" | "leaf" | "multi" | "flag";

/**
 * One node of the configuration language: the zod schema of its value, and what is needed to read it from a ConfigTree
 * (parse-node.ts).
 */
export interface Field<S extends z.ZodMiniType = z.ZodMiniType> {
  readonly kind: Kind;
  /** Made when it is first asked for: all of the language's take 5 ms, and a configuration needs few of them. */
  readonly schema: () => S;
  /** Children of a node, or of each entry of a tag. */
  readonly fields: Fields;
  /** The value when it is not configured; `undefined`: then it is absent. One value, shared wherever it is not configured. */
  readonly absent?: unknown;
  /** Of a node, or of each entry of a tag: the children's values when they are not configured. */
  readonly defaults?: object;
  /** Of a tag: the canonical key. */
  readonly key?: ParseValue<string>;
  /** Of a leaf: the default as the operator would type it. */
  readonly default?: string;
}

export interface Fields {
  readonly [name: string]: Field;
}

function once<S>(make: () => S): () => S {
  let made: S | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** A zod schema from a function of text. */
function value<T>(parse: ParseValue<T>) {
  return z.transform((text: string, context): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      context.issues.push({ code: "custom", message: error.message, input: text });
      return z.NEVER;
    }
  });
}

/** An absent key stays absent, which is z.exactOptional's type; but its parser runs a transform on absent keys too. */
function optional<S extends z.ZodMiniType>(schema: S) {
  return z.optional(schema) as unknown as z.ZodMiniExactOptional<S>;
}

function object<F extends Fields>(fields: F) {
  const shape = {} as { [K in keyof F]: ReturnType<F[K]["schema"]> };
  for (const name in fields) shape[name] = (fields[name] as F[typeof name]).schema() as ReturnType<F[typeof name]["schema"]>;
  return z.object(shape);
}

function defaultsOf(fields: Fields): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const [name, { absent }] of Object.entries(fields)) if (absent !== undefined) defaults[name] = absent;
  return defaults;
}

/** A node with children; without any configured, its value holds the defaults. */
export function node<F extends Fields>(fields: F) {
  const defaults = defaultsOf(fields);
  const schema = once(() => z._default(object(fields), () => defaults as never));
  return { kind: "node" as const, schema, fields, absent: defaults, defaults };
}

/** A node whose value is absent when it is not configured. */
export function optionalNode<F extends Fields>(fields: F) {
  return { kind: "node" as const, schema: once(() => optional(object(fields))), fields, defaults: defaultsOf(fields) };
}

/** A named container: `uplink dsl { ... }`, `rule 10 { ... }`. Its value is a record by canonical key. */
export function tag<F extends Fields>(key: ParseValue<string>, fields: F) {
  const schema = once(() => z._default(z.record(z.string(), object(fields)), () => ({})));
  return { kind: "tag" as const, schema, fields, absent: {}, defaults: defaultsOf(fields), key };
}

/** One value; absent when it is not configured. */
export function leaf<T>(parse: ParseValue<T>) {
  return { kind: "leaf" as const, schema: once(() => optional(value(parse))), fields: {} };
}

/** One value; `text` when it is not configured. */
export function leafOr<T>(parse: ParseValue<T>, text: string) {
  const absent = parse(text);
  const schema = once(() => z._default(value(parse), () => absent as never));
  return { kind: "leaf" as const, schema, fields: {}, absent, default: text };
}

/** Many values, in the operator's order. */
export function multi<T>(parse: ParseValue<T>) {
  return { kind: "multi" as const, schema: once(() => z._default(z.array(value(parse)), () => [])), fields: {}, absent: [] };
}

/** Present or not. */
export function flag() {
  return { kind: "flag" as const, schema: once(() => z._default(z.boolean(), false)), fields: {}, absent: false };
}
