import * as fc from "fast-check";
import { branch, newTree, type TreeBuilder } from "../../../src/config/build-tree.ts";
import type { ConfigTree } from "../../../src/config/config-tree.ts";
import type { Field } from "../../../src/config/fields.ts";
import { policyRoute } from "../../../src/config/schema.ts";

/** Any word a value can be for the router's engine: no quotes, no newline, no control characters; blanks, braces and signs yes. */
export const anyWord = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(..."abz09 *{};/\\#|&$<>()[]?!,.:-_+=~^äß".split("")) }),
  fc.constantFrom("", "//x", "/*x*/", "}", "{", "set", "comment", " a ", "$(id)", "`id`"),
);

/** A tree of the language's shape: real nodes at real places, values at random. */
export function arbitraryTree(values: fc.Arbitrary<string> = anyWord): fc.Arbitrary<ConfigTree> {
  return fc.infiniteStream(values).chain((words) =>
    fc.infiniteStream(fc.nat(3)).map((choices) => {
      const next = <T>(stream: Iterator<T>) => stream.next().value as T;
      const fill = (field: Field, tree: TreeBuilder) => {
        for (const [name, child] of Object.entries(field.fields)) {
          if (next(choices) > 0) continue;
          const at = branch(tree, name);
          const count = child.kind === "leaf" ? 1 : 1 + (next(choices) % 3);
          if (child.kind === "node") fill(child, at);
          else if (child.kind !== "flag") {
            for (let i = 0; i < count; i++) {
              const entry = branch(at, next(words));
              if (child.kind === "tag") fill(child, entry);
            }
          }
        }
      };
      const tree = newTree();
      fill(policyRoute(), tree);
      return tree;
    }),
  );
}

/** The set of paths of a tree: what two equal trees have in common, whatever their order and inner sharing. */
export function pathsOf(tree: ConfigTree): string[] {
  const paths: string[] = [];
  const walk = (at: ConfigTree, path: readonly string[]) => {
    paths.push(JSON.stringify(path));
    for (const [word, below] of at.children) walk(below, [...path, word]);
  };
  walk(tree, []);
  return paths.sort();
}
