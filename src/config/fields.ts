import * as z from "zod/mini";
import { InvalidValue, type ParseValue } from "./values/value.ts";

export type Kind = "node" | "tag" | "leaf" | "multi" | "flag";

/**
 * One node of the configuration language: the zod schema of its value, and what is needed to read it from a ConfigTree
 * (parse-node.ts).
 */
export interface Field<S extends z.ZodMiniType = z.ZodMiniType> {
  readonly kind: Kind;
  readonly schema: S;
  /** Children of a node, or of each entry of a tag. */
  readonly fields: Fields;
  /** Values of those children that are not configured. */
  readonly defaults?: object;
  /** Of a tag: the canonical key. */
  readonly key?: ParseValue<string>;
  /** Of a leaf: the default as the operator would type it. */
  readonly default?: string;
}

export interface Fields {
  readonly [name: string]: Field;
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

/**
 * An absent key stays absent, which is z.exactOptional's type. Its parser, though, runs the inner schema on every absent key,
 * for each of a rule's many leaves; z.optional's does not.
 */
function optional<S extends z.ZodMiniType>(schema: S) {
  return z.optional(schema) as unknown as z.ZodMiniExactOptional<S>;
}

function object<F extends Fields>(fields: F) {
  const shape = {} as { [K in keyof F]: F[K]["schema"] };
  for (const name in fields) shape[name] = (fields[name] as F[typeof name]).schema;
  return z.object(shape);
}

/** A node with children; without any configured, its value holds the defaults (one object, shared by all entries of a tag). */
export function node<F extends Fields>(fields: F) {
  const schema = object(fields);
  const defaults = z.parse(schema, {});
  return { kind: "node" as const, schema: z._default(schema, () => defaults as never), fields, defaults };
}

/** A node whose value is absent when it is not configured. */
export function optionalNode<F extends Fields>(fields: F) {
  const schema = object(fields);
  return { kind: "node" as const, schema: optional(schema), fields, defaults: z.parse(schema, {}) };
}

/** A named container: `uplink dsl { ... }`, `rule 10 { ... }`. Its value is a record by canonical key. */
export function tag<F extends Fields>(key: ParseValue<string>, fields: F) {
  const schema = object(fields);
  const record = z._default(z.record(z.string(), schema), () => ({}));
  return { kind: "tag" as const, schema: record, fields, defaults: z.parse(schema, {}), key };
}

/** One value; absent when it is not configured. */
export function leaf<T>(parse: ParseValue<T>) {
  return { kind: "leaf" as const, schema: optional(value(parse)), fields: {} };
}

/** One value; `text` when it is not configured. */
export function leafOr<T>(parse: ParseValue<T>, text: string) {
  const parsed = parse(text);
  return { kind: "leaf" as const, schema: z._default(value(parse), () => parsed as never), fields: {}, default: text };
}

/** Many values, in the operator's order. */
export function multi<T>(parse: ParseValue<T>) {
  return { kind: "multi" as const, schema: z._default(z.array(value(parse)), () => []), fields: {} };
}

/** Present or not. */
export function flag() {
  return { kind: "flag" as const, schema: z._default(z.boolean(), false), fields: {} };
}
