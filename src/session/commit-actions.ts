import { treeBelow } from "../config/build-tree.ts";
import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import type { Expression } from "./expression.ts";
import type { ActionName, NodeTemplate } from "./node-template.ts";
import { hasNamedChildren, type Place, step } from "./place.ts";

/** What the engine tells an action in COMMIT_ACTION: the node was set or changed, deleted, or only something below it changed. */
export type CommitAction = "SET" | "DELETE" | "ACTIVE";

/** One node or value that differs, with all of its neighbours that have to run around it. */
export interface ChangedNode {
  readonly path: readonly string[];
  readonly place: Place;
  readonly action: CommitAction;
}

/** One action to run. `value` is what `$VAR(@)` stands for. */
export interface ActionRun extends ChangedNode {
  readonly expression: Expression;
  readonly value: string;
}

/** Nodes that differ between two configurations, parents before children. */
export function changedNodes(before: ConfigTree, after: ConfigTree, root: NodeTemplate): readonly ChangedNode[] {
  return visit(before, after, { template: root, isValue: false }, []).flatMap((node) => flatten(node));
}

interface Visited extends ChangedNode {
  readonly below: readonly Visited[];
}

function flatten(node: Visited): readonly ChangedNode[] {
  return [node, ...node.below.flatMap(flatten)];
}

function visit(before: ConfigTree, after: ConfigTree, place: Place, path: readonly string[]): readonly Visited[] {
  const words = [...new Set([...before.children.keys(), ...after.children.keys()])];
  return words.flatMap((word) => {
    const next = step(place, word);
    if (next === undefined) return [];
    const [old, now] = [treeBelow(before, [word]), treeBelow(after, [word])];
    if (old === now) return [];
    const here = [...path, word];
    const below = visit(old ?? EMPTY_TREE, now ?? EMPTY_TREE, next, here);
    const action: CommitAction = now === undefined ? "DELETE" : old === undefined ? "SET" : "ACTIVE";
    return action === "ACTIVE" && below.length === 0 && sameOrder(old, now, next)
      ? []
      : [{ path: here, place: next, action, below }];
  });
}

/** Of a multi, the order of its values counts. */
function sameOrder(old: ConfigTree | undefined, now: ConfigTree | undefined, place: Place): boolean {
  if (place.template.kind !== "multi" || place.isValue) return true;
  return [...(old?.children.keys() ?? [])].join("\n") === [...(now?.children.keys() ?? [])].join("\n");
}

/**
 * The actions of all templates a change touches, in the engine's order: begin, deletions below from the bottom up, the node's
 * own create, update or delete, the rest below, end.
 */
export function actionRuns(before: ConfigTree, after: ConfigTree, root: NodeTemplate): readonly ActionRun[] {
  return visit(before, after, { template: root, isValue: false }, []).flatMap(runsOf);
}

function runsOf(node: Visited): readonly ActionRun[] {
  const deleted = node.below.filter((child) => child.action === "DELETE");
  const kept = node.below.filter((child) => child.action !== "DELETE");
  const isOwn = hasNamedChildren(node.place) || node.place.isValue;
  const own = (names: readonly ActionName[]) => (isOwn ? runs(node, names) : []);
  const self: readonly ActionName[] = node.action === "DELETE" ? ["delete"] : node.action === "SET" ? ["create", "update"] : [];
  return [
    ...own(["begin"]),
    ...deleted.flatMap(runsOf),
    ...own(self.filter((name) => node.place.template.actions[name] !== undefined).slice(0, 1)),
    ...kept.flatMap(runsOf),
    ...own(["end"]),
  ];
}

function runs(node: ChangedNode, names: readonly ActionName[]): readonly ActionRun[] {
  const value = node.place.isValue ? (node.path.at(-1) ?? "") : "";
  return names.flatMap((name) => (node.place.template.actions[name] ?? []).map((expression) => ({ ...node, expression, value })));
}
