import type { Field, Kind } from "./fields.ts";
import { policyRoute } from "./schema.ts";

/** One node of the language. `path` is below `policy-route`; the name of a tag's entry is `*`: `["uplink", "*", "interface"]`. */
export interface SchemaPath {
  readonly path: readonly string[];
  readonly kind: Kind;
  /** As the operator would type it. */
  readonly default?: string;
}

/** Every node of the language, parents before children. */
export function schemaPaths(): readonly SchemaPath[] {
  return pathsBelow(policyRoute(), []);
}

function pathsBelow(field: Field, above: readonly string[]): SchemaPath[] {
  return Object.entries(field.fields).flatMap(([name, child]) => {
    const path = [...above, name];
    const own: SchemaPath = { path, kind: child.kind, ...(child.default === undefined ? {} : { default: child.default }) };
    return [own, ...pathsBelow(child, child.kind === "tag" ? [...path, "*"] : path)];
  });
}

/**
 * The kind of the node at a path of words (names of tag entries included) below `policy-route`; `undefined` for a value, the
 * name of a tag's entry, and a node the language does not have.
 */
export function kindOf(path: readonly string[]): Kind | undefined {
  let field: Field = policyRoute();
  for (let i = 0; i < path.length; i++) {
    if (field.kind === "tag") {
      i++;
      if (i >= path.length) return undefined;
    }
    const word = path[i] as string;
    const child = Object.hasOwn(field.fields, word) ? field.fields[word] : undefined;
    if (child === undefined) return undefined;
    field = child;
  }
  return field.kind;
}

/** The same for a path of the whole router's configuration, of which only `policy-route` is ours. */
export function kindOfRouterPath(path: readonly string[]): Kind | undefined {
  return path[0] === "policy-route" ? kindOf(path.slice(1)) : undefined;
}
