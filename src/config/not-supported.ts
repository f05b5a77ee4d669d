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
  { path: "hook-timeout" },
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
  return NOT_SUPPORTED.flatMap(({ path, values }) => {
    const pattern = path.split(" ");
    const found = walk(tree, pattern, []);
    const words =
      values === undefined
        ? found
        : found.flatMap((at) =>
            values.filter((value) => at.tree.children.has(value)).map((value) => ({ ...at, path: [...at.path, value] })),
          );
    return words.map((at) => {
      const owner = pattern.at(-1) === "*" ? pattern.length - 2 : pattern.lastIndexOf("*") + 1;
      return { path: at.path.slice(0, owner), message: `${at.path.slice(owner).join(" ")} is not supported yet` };
    });
  });
}

interface Place {
  readonly path: readonly string[];
  readonly tree: ConfigTree;
}

function walk(tree: ConfigTree, pattern: readonly string[], path: readonly string[]): Place[] {
  const [word, ...rest] = pattern;
  if (word === undefined) return [{ path, tree }];
  const children = word === "*" ? [...tree.children] : [...tree.children].filter(([name]) => name === word);
  return children.flatMap(([name, child]) => walk(child, rest, [...path, name]));
}
