import type { ConfigTree } from "./config-tree.ts";
import type { Issue } from "./issue.ts";

/** A part of the language that this release refuses: a path (`*` for a name) with all below it, or some values of it only. */
export interface NotSupported {
  readonly path: string;
  readonly values?: readonly string[];
}

/** The whole list. Everything else in the language does what it says: nothing is accepted and ignored. */
export const NOT_SUPPORTED: readonly NotSupported[] = [];

/** What of a tree is not supported yet: `policy-route rule 20: dscp is not supported yet`. */
export function findNotSupported(tree: ConfigTree, list = NOT_SUPPORTED): Issue[] {
  const issues: Issue[] = [];
  visit(tree, refusals(list), [], issues);
  return issues;
}

/** The list as a tree, so that a large configuration is walked only where something could be refused. */
interface Refusal {
  readonly below: Map<string, Refusal>;
  /** How many words of the path name the owner, `rule 20`; the others are what is not supported. Absent: nothing is refused here. */
  owner?: number;
  values?: readonly string[];
}

function refusals(list: readonly NotSupported[]): Refusal {
  const root: Refusal = { below: new Map() };
  for (const { path, values } of list) {
    const words = path.split(" ");
    let at = root;
    for (const word of words) {
      const next = at.below.get(word) ?? { below: new Map() };
      at.below.set(word, next);
      at = next;
    }
    const last = words.lastIndexOf("*") + 1;
    at.owner = last === words.length ? last - 2 : last;
    if (values !== undefined) at.values = values;
  }
  return root;
}

function visit(tree: ConfigTree, { owner, values, below }: Refusal, path: readonly string[], issues: Issue[]): void {
  if (owner !== undefined) {
    const found = values?.filter((value) => tree.children.has(value)).map((value) => [...path, value]) ?? [path];
    for (const words of found)
      issues.push({ path: words.slice(0, owner), message: `${words.slice(owner).join(" ")} is not supported yet` });
  }
  if (below.size === 0) return;
  for (const word of tree.children.keys()) {
    const next = below.get(word) ?? below.get("*");
    const child = tree.children.get(word);
    if (next !== undefined && child !== undefined) visit(child, next, [...path, word], issues);
  }
}
