import { treeBelow } from "../config/build-tree.ts";
import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import type { NodeTemplate } from "./node-template.ts";
import { type Place, step } from "./place.ts";
import { sameTrees } from "./same-trees.ts";

/** Both sessions changed one thing, each in its own way. */
export interface Conflict {
  readonly path: readonly string[];
  /** `overridden`: the working value replaces the other one. `deleted`: the node is gone in the other, edited here. */
  readonly kind: "overridden" | "deleted";
}

/** Both sessions' edits in one tree. */
export interface Merge {
  readonly tree: ConfigTree;
  readonly conflicts: readonly Conflict[];
}

/**
 * Brings the edits of two sessions together: `base` is what both started from, `mine` this session's working configuration,
 * `theirs` what was committed meanwhile. What only one side changed is taken from that side. Of a leaf that both changed mine
 * stays, of a multi the additions and deletions of both. A tag value that they deleted and I edited stays as I have it.
 */
export function mergeTrees(base: ConfigTree, mine: ConfigTree, theirs: ConfigTree, root: NodeTemplate): Merge {
  const conflicts: Conflict[] = [];
  const tree = merge(base, mine, theirs, { template: root, isValue: false }, [], conflicts);
  return { tree, conflicts };
}

function merge(
  base: ConfigTree,
  mine: ConfigTree,
  theirs: ConfigTree,
  place: Place,
  path: readonly string[],
  conflicts: Conflict[],
): ConfigTree {
  const children = new Map<string, ConfigTree>();
  for (const word of new Set([...theirs.children.keys(), ...mine.children.keys()])) {
    const next = step(place, word);
    if (next === undefined) continue;
    const child = mergeChild(
      treeBelow(base, [word]),
      treeBelow(mine, [word]),
      treeBelow(theirs, [word]),
      next,
      [...path, word],
      conflicts,
    );
    if (child !== undefined) children.set(word, child);
  }
  return { children };
}

function mergeChild(
  base: ConfigTree | undefined,
  mine: ConfigTree | undefined,
  theirs: ConfigTree | undefined,
  place: Place,
  path: readonly string[],
  conflicts: Conflict[],
): ConfigTree | undefined {
  if (sameTrees(mine, theirs, place) || sameTrees(base, theirs, place)) return mine;
  if (sameTrees(base, mine, place)) return theirs;
  const isTagValue = place.template.kind === "tag" && place.isValue;
  if (mine === undefined || (place.template.kind === "leaf" && !place.isValue)) {
    conflicts.push({ path, kind: "overridden" });
    return mine;
  }
  if (theirs === undefined && isTagValue) {
    conflicts.push({ path, kind: "deleted" });
    return mine;
  }
  return merge(base ?? EMPTY_TREE, mine, theirs ?? EMPTY_TREE, place, path, conflicts);
}
