import type { ConfigTree } from "./config-tree.ts";
import type { Issue } from "./issue.ts";

/** A part of the language that this release refuses: a path (`*` for a name) with all below it, or some values of it only. */
export interface NotSupported {
  readonly path: string;
  readonly values?: readonly string[];
}

/** The whole list. Everything else in the language does what it says: nothing is accepted and ignored. */
export const NOT_SUPPORTED: readonly NotSupported[] = [
  { path: "backend", values: ["nftables"] },
  { path: "hook" },
  { path: "uplink * gateway-mac" },
  { path: "uplink * flush-connections", values: ["never", "on-down", "both"] },
  { path: "uplink * health" },
  { path: "group *" },
  { path: "rule * traffic", values: ["inbound"] },
  { path: "rule * source mac-address" },
  { path: "rule * source group" },
  { path: "rule * destination group" },
  { path: "rule * user" },
  { path: "rule * user-group" },
  { path: "rule * state" },
  { path: "rule * dscp" },
  { path: "rule * tos" },
  { path: "rule * icmp" },
  { path: "rule * icmpv6" },
  { path: "rule * set group" },
  { path: "rule * set reply-uplink" },
];

/** What of a tree is not supported yet: `policy-route rule 20: dscp is not supported yet`. */
export function findNotSupported(tree: ConfigTree): Issue[] {
  const issues: Issue[] = [];
  visit(tree, NOT_SUPPORTED.map(toPattern), [], 0, issues);
  return issues;
}

interface Pattern {
  readonly words: readonly string[];
  readonly values?: readonly string[];
  /** How many words of the path name the owner, `rule 20`; the others are what is not supported. */
  readonly owner: number;
}

function toPattern({ path, values }: NotSupported): Pattern {
  const words = path.split(" ");
  const last = words.lastIndexOf("*") + 1;
  return { words, ...(values === undefined ? {} : { values }), owner: last === words.length ? last - 2 : last };
}

/** `patterns` are those that the path so far agrees with. */
function visit(tree: ConfigTree, patterns: readonly Pattern[], path: readonly string[], depth: number, issues: Issue[]): void {
  for (const pattern of patterns) {
    if (pattern.words.length > depth) continue;
    const found = pattern.values?.filter((value) => tree.children.has(value)).map((value) => [...path, value]) ?? [path];
    for (const words of found) {
      issues.push({
        path: words.slice(0, pattern.owner),
        message: `${words.slice(pattern.owner).join(" ")} is not supported yet`,
      });
    }
  }
  const longer = patterns.filter(({ words }) => words.length > depth);
  if (longer.length === 0) return;
  for (const [word, below] of tree.children) {
    const fitting = longer.filter(({ words }) => words[depth] === word || words[depth] === "*");
    if (fitting.length > 0) visit(below, fitting, [...path, word], depth + 1, issues);
  }
}
