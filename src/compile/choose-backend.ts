import type { Issue } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import type { Facts, Rival } from "../uplink/facts.ts";
import { type IptablesOnly, iptablesOnly } from "./iptables-only.ts";

/** The backend that steers, and why it is that one, in words. */
export interface Backend {
  readonly name: "iptables" | "nftables";
  readonly reason: string;
}

export interface ChosenBackend {
  readonly backend: Backend;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
}

/**
 * `auto` takes nftables where somebody sits in the prerouting hook whom an iptables jump cannot be sure to stay in front of,
 * and iptables otherwise: its rules are the ones that operators of these routers can read.
 */
export function chooseBackend(
  config: Config,
  { nft, iptables, rivals }: Pick<Facts, "nft" | "iptables" | "rivals">,
): ChosenBackend {
  const chosen = (name: Backend["name"], reason: string, issues: Partial<ChosenBackend> = {}): ChosenBackend => ({
    backend: { name, reason },
    errors: [],
    warnings: [],
    ...issues,
  });
  const [rival] = rivals;
  const [closed] = iptables.closed;
  const unreadable =
    closed === undefined ? undefined : `somebody put rules of nft's own into ${chainInTable(closed)}, which iptables cannot read`;
  const only = iptablesOnly(config);
  if (config.backend === "nftables") {
    const errors = only.map(refused);
    if (!nft.works) errors.push({ path: [], message: `backend nftables cannot work here: ${nft.why}. Use "auto" or "iptables"` });
    return chosen("nftables", "configured", { errors });
  }
  const [first] = config.backend === "auto" ? only : [];
  if (first !== undefined) return forTheRule(first, rival, unreadable);
  if (unreadable !== undefined && (config.backend === "iptables" || !nft.works)) {
    const otherwise = nft.works ? 'Use "auto" or "nftables"' : `And nftables cannot work: ${nft.why}`;
    return chosen("iptables", "configured", {
      errors: [{ path: [], message: `backend iptables cannot work here: ${unreadable}. ${otherwise}` }],
    });
  }
  if (config.backend === "iptables") {
    return chosen("iptables", "configured", { warnings: rival === undefined ? [] : [risk(`${rival.seen}: use backend auto`)] });
  }
  if (rival === undefined && unreadable !== undefined) return chosen("nftables", unreadable);
  if (rival === undefined) return chosen("iptables", "nobody else marks packets before routing");
  if (nft.works) return chosen("nftables", rival.seen);
  return chosen("iptables", `${rival.seen}, but nftables cannot work here: ${nft.why}`, {
    warnings: [risk(`${rival.seen}, and backend nftables cannot work here: ${nft.why}`)],
  });
}

function refused({ rule, what, why, instead }: IptablesOnly): Issue {
  const message = `${what} cannot be matched exactly by backend nftables: ${why}. Use "backend auto" or "iptables", or ${instead}`;
  return { path: ["rule", rule], message };
}

/** `auto` with a rule that only iptables can say: the rule is kept, whoever is in the way. */
function forTheRule({ rule, what }: IptablesOnly, rival: Rival | undefined, unreadable: string | undefined): ChosenBackend {
  const whose = `rule ${rule} (${what})`;
  const errors =
    unreadable === undefined
      ? []
      : [{ path: [], message: `backend iptables cannot work here: ${unreadable}. And nftables cannot: ${whose} needs iptables` }];
  const warnings =
    rival === undefined ? [] : [risk(`${rival.seen}, and backend nftables cannot be taken: ${whose} needs iptables`)];
  return { backend: { name: "iptables", reason: `${whose} needs it` }, errors, warnings };
}

/** `nat POSTROUTING` */
function chainInTable(closed: string): string {
  const [table, name] = closed.split(" ");
  return `chain ${name} of table ${table}`;
}

function risk(why: string): Issue {
  return { path: [], message: `with iptables, packets can be steered wrongly while others change their rules. ${why}` };
}
