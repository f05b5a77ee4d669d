import type { ConfigTree } from "./config-tree.ts";
import type { Field } from "./fields.ts";
import type { Issue } from "./issue.ts";
import { suggest } from "./suggest.ts";
import { InvalidValue, quote } from "./values/value.ts";

/** Words brought into the shape the schema reads: objects for nodes and tags, text for leaves, arrays for multi, booleans for flags. */
export type Raw = string | boolean | readonly string[] | RawObject;
export interface RawObject {
  [name: string]: Raw;
}

function shapeLeaf(tree: ConfigTree, path: readonly string[], issues: Issue[]): string | undefined {
  const values = [...tree.children];
  const [first] = values;
  if (first === undefined) issues.push({ path, message: "needs a value" });
  else if (values.length > 1)
    issues.push({ path, message: `only one value is possible, not ${values.map(([word]) => quote(word)).join(" and ")}` });
  else if (first[1].children.size > 0) issues.push({ path, message: `nothing can follow the value ${quote(first[0])}` });
  else return first[0];
  return undefined;
}

function shapeMulti(tree: ConfigTree, path: readonly string[], issues: Issue[]): string[] {
  if (tree.children.size === 0) issues.push({ path, message: "needs a value" });
  for (const [word, below] of tree.children) {
    if (below.children.size > 0) issues.push({ path, message: `nothing can follow the value ${quote(word)}` });
  }
  return [...tree.children.keys()];
}

function shapeTag(field: Field, tree: ConfigTree, path: readonly string[], issues: Issue[]): RawObject {
  const entries: RawObject = {};
  if (tree.children.size === 0) issues.push({ path, message: "needs a name" });
  for (const [word, below] of tree.children) {
    const key = canonicalKey(field, word, path, issues);
    if (Object.hasOwn(entries, key))
      issues.push({ path: [...path, key], message: `is there twice, the second time as ${quote(word)}` });
    else
      Object.defineProperty(entries, key, {
        value: shapeNode(field, below, [...path, key], issues),
        enumerable: true,
        configurable: true,
      });
  }
  return entries;
}

/** A bad key stays as it is, so that what is below it is looked at too. */
function canonicalKey(field: Field, word: string, path: readonly string[], issues: Issue[]): string {
  try {
    return field.key?.(word) ?? word;
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    issues.push({ path, message: error.message });
    return word;
  }
}

/** The children of a node, or of one entry of a tag; what is not configured is absent. A wrong child is reported and left out. */
export function shapeNode(field: Field, tree: ConfigTree, path: readonly string[], issues: Issue[]): RawObject {
  const raw: RawObject = {};
  for (const [word, below] of tree.children) {
    const child = Object.hasOwn(field.fields, word) ? field.fields[word] : undefined;
    if (child === undefined) {
      issues.push({ path, message: `unknown node ${quote(word)}${suggest(word, Object.keys(field.fields))}` });
      continue;
    }
    const value = shapeField(child, below, [...path, word], issues);
    if (value !== undefined) raw[word] = value;
  }
  return raw;
}

function shapeField(field: Field, tree: ConfigTree, path: readonly string[], issues: Issue[]): Raw | undefined {
  switch (field.kind) {
    case "flag":
      for (const word of tree.children.keys()) issues.push({ path, message: `takes no value, but ${quote(word)} follows` });
      return true;
    case "leaf":
      return shapeLeaf(tree, path, issues);
    case "multi":
      return shapeMulti(tree, path, issues);
    case "tag":
      return shapeTag(field, tree, path, issues);
    case "node":
      return shapeNode(field, tree, path, issues);
  }
}
