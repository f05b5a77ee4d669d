import type { ConfigTree } from "../config/config-tree.ts";
import type { NodeTemplate } from "./node-template.ts";
import { hasNamedChildren, type Place, step } from "./place.ts";

/** Whether two configurations say the same: order counts among the values of a multi, nowhere else. */
export function sameConfig(before: ConfigTree, after: ConfigTree, root: NodeTemplate): boolean {
  return sameTrees(before, after, { template: root, isValue: false });
}

/**
 * The same for the trees at a place, where there may be none. What the templates do not know does not count. Trees share what
 * an edit left alone, so that most of two configurations of one session is the same object.
 */
export function sameTrees(a: ConfigTree | undefined, b: ConfigTree | undefined, place: Place): boolean {
  if (a === b) return true;
  // A tag, leaf or multi exists by its values; a container and a value exist by themselves.
  const isMore = place.isValue || hasNamedChildren(place);
  if (isMore && (a === undefined || b === undefined)) return false;
  const [words, others] = [knownWords(a, place), knownWords(b, place)];
  if (words.length !== others.length) return false;
  const isOrdered = place.template.kind === "multi";
  return words.every((word, i) => {
    const next = step(place, word);
    if (next === undefined || (isOrdered ? others[i] !== word : b?.children.has(word) !== true)) return false;
    return sameTrees(a?.children.get(word), b?.children.get(word), next);
  });
}

function knownWords(tree: ConfigTree | undefined, place: Place): string[] {
  return [...(tree?.children.keys() ?? [])].filter((word) => step(place, word) !== undefined);
}
