/**
 * How a fresh start with no memory knows that a kernel object is ours. Everything this product may change or remove is
 * recognised by something in this file, and by nothing else.
 */

/** Every iptables chain of ours starts so. Chain names hold at most 28 characters, so the rest is a role or a slot, never a name of the operator's. */
export const CHAIN_PREFIX = "POLICY_ROUTE";

/** Our nft table, in the families ip and ip6. Everything in it is ours. */
export const NFT_TABLE = "policy_route";

/** Starts the comment of every rule and jump of ours; in our chains a hash of the rule follows. */
export const COMMENT_TAG = "policy-route:";

/** Comment of the jumps from built-in chains (or Vyatta's hook chains) into ours. */
export const JUMP_COMMENT = `${COMMENT_TAG}jump`;

/** Every ipset of ours starts so; at most 31 characters in all (ipset 7.17). */
export const SET_PREFIX = "policy_route_";

/** Takes the wanted members of a set that somebody edited, until the two are swapped. A name from a hash has no room for more. */
export const SPARE_SET = `${SET_PREFIX}spare`;

/** Routing protocol number of our ip rules and routes, free in rtnetlink.h and in FRR's list. Named in rt_protos.d. */
export const PROTOCOL = 157;
export const PROTOCOL_NAME = "policy-route";

/** Metric of a kill switch's device-less default: above every other, and one that IPv6 prints as it is stored. */
export const KILL_SWITCH_METRIC = 4278198272;

/** Preference offsets from `rule-priority` (kernel-layout.md section 0). The band is ours together with PROTOCOL. */
export const PREFERENCE = {
  fwmark: 0,
  arrivalGoto: 10,
  arrivalLookup: 20,
  arrivalEnd: 30,
  probe: 50,
  from: 100,
  user: 110,
} as const;

/** Default table of a slot unless the operator gives one. */
export const TABLE_BASE = 2000;

/** Table that the probes of the uplink with a slot are routed by: it keeps its default while the uplink counts as down. */
export const PROBE_TABLE_BASE = 2600;

export function isOurChain(name: string): boolean {
  return name === CHAIN_PREFIX || name.startsWith(`${CHAIN_PREFIX}_`);
}

/** Comment of a rule of ours: its hash, and in words what it stands for. */
export function ruleComment(hash: string, note: string | undefined): string {
  return note === undefined ? `${COMMENT_TAG}${hash}` : `${COMMENT_TAG}${hash} ${note}`;
}

/** The hash in a rule's text; "" when it has no comment of ours: then it differs from every rule we want. */
export function hashInComment(text: string): string {
  const at = text.indexOf(COMMENT_TAG);
  return at < 0 ? "" : (/^[0-9a-f]{16}/.exec(text.slice(at + COMMENT_TAG.length))?.[0] ?? "");
}
