import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import type { NodeTemplate } from "./node-template.ts";
import { hasNamedChildren, type Place, step } from "./place.ts";

/**
 * The tree as the engine keeps it: every container and tag value that exists has the leaves with a `default:` right below it,
 * set or not. A container that does not exist gets none.
 */
export function withDefaults(tree: ConfigTree, root: NodeTemplate): ConfigTree {
  return fill(tree, { template: root, isValue: false });
}

function fill(tree: ConfigTree, place: Place): ConfigTree {
  const children = new Map<string, ConfigTree>();
  for (const [word, child] of tree.children) {
    const next = step(place, word);
    children.set(word, next === undefined ? child : fill(child, next));
  }
  if (hasNamedChildren(place)) {
    for (const [name, template] of place.template.children) {
      if (template.default !== undefined && !children.has(name)) {
        children.set(name, { children: new Map([[template.default, EMPTY_TREE]]) });
      }
    }
  }
  return { children };
}
