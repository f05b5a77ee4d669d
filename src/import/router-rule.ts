import { treeBelow } from "../config/build-tree.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import type { Condition } from "./condition.ts";
import { parseMark } from "./number-words.ts";

/** A rule of a router's policy in our terms, or why there are none for it. */
export interface RouterRule {
  readonly condition: Condition;
  readonly does?: { readonly table: string } | { readonly mark: number } | "drop";
  readonly log: boolean;
  readonly description?: string;
  /** What of it has no counterpart; with `isCondition` the rule would take more without it. */
  readonly missing: readonly { readonly what: string; readonly isCondition: boolean }[];
}

/** Leaves that are spelled like ours, value and all. */
const ALIKE =
  /^(protocol|dscp|fragment|packet-length|ipsec|inbound-interface|icmp (type|code|type-name)|icmpv6 (type|type-name)|tcp flags|source mac-address|(source|destination) (address|port|group (address-group|network-group|ipv6-address-group|ipv6-network-group|port-group)))$/;

const STATES = ["new", "established", "related", "invalid"];

/** Reads the tree below `policy route NAME rule N` (VyOS, Vyatta) or `firewall modify NAME rule N` (EdgeOS). */
export function readRouterRule(tree: ConfigTree): RouterRule {
  const condition = new Map<string, readonly string[]>();
  const missing: { what: string; isCondition: boolean }[] = [];
  let does: RouterRule["does"];
  for (const [path, value] of leavesOf(tree)) {
    const done = /^(?:set|modify) (table|mark)$/.exec(path)?.[1];
    if (/^(description|disable|log|log enable|action (accept|modify))$/.test(path)) continue;
    if (path.startsWith("state ") || path === "state") continue;
    if (done === "table") does = { table: value };
    else if (done === "mark") {
      const mark = parseMark(value)?.value;
      if (mark === undefined) missing.push({ what: `${path} ${value}`, isCondition: false });
      else does = { mark };
    } else if (path === "action" && value === "drop") does = "drop";
    else if (path === "action") continue;
    else if (/^(set|modify) /.test(path)) missing.push({ what: `${path} ${value}`.trim(), isCondition: false });
    else if (path === "protocol" && value === "all") continue;
    else if (path === "fragment" && value === "match-non-frag") continue;
    else if (ALIKE.test(path)) condition.set(path, [...(condition.get(path) ?? []), value]);
    else if (path.startsWith("tcp flags")) condition.set("tcp flags", [flagsOf(tree)]);
    else missing.push({ what: `${path} ${value}`.trim(), isCondition: true });
  }
  const states = statesOf(tree);
  if (states?.length === 0) missing.push({ what: "state established", isCondition: true });
  else if (states !== undefined) condition.set("state", states);
  const description = [...(tree.children.get("description")?.children.keys() ?? [])][0];
  const log = tree.children.get("log");
  return {
    condition,
    ...(does === undefined ? {} : { does }),
    log: log !== undefined && !log.children.has("disable"),
    ...(description === undefined ? {} : { description }),
    missing,
  };
}

/** Every leaf as path and value; the value of a flag is empty. */
function leavesOf(tree: ConfigTree, path: readonly string[] = []): [string, string][] {
  return [...tree.children].flatMap(([word, below]): [string, string][] =>
    below.children.size > 0 ? leavesOf(below, [...path, word]) : [leafOf(path, word)],
  );
}

/** A word without anything below it is the value of a leaf, but for the flags of a rule. */
function leafOf(path: readonly string[], word: string): [string, string] {
  return path.length === 0 ? [word, ""] : [path.join(" "), word];
}

/** States a rule of ours can see: `state new enable`, since VyOS 1.4 `state new`. `undefined`: the rule does not ask. */
function statesOf(tree: ConfigTree): string[] | undefined {
  const state = tree.children.get("state");
  if (state === undefined) return undefined;
  const enabled = STATES.filter((name) => {
    const below = state.children.get(name);
    return below !== undefined && !below.children.has("disable");
  });
  return enabled.length === 0 || enabled.length === STATES.length ? undefined : enabled.filter((name) => name !== "established");
}

/** Since VyOS 1.4 each flag is a node: `tcp flags syn`, `tcp flags not ack`. */
function flagsOf(tree: ConfigTree): string {
  const flags = treeBelow(tree, ["tcp", "flags"]);
  const names = (below: ConfigTree | undefined): string[] =>
    [...(below?.children.keys() ?? [])].map((name) => name.toUpperCase());
  return [...names(flags).filter((name) => name !== "NOT"), ...names(flags?.children.get("not")).map((name) => `!${name}`)].join(
    ",",
  );
}
