import type { Issue } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import type { Facts } from "../uplink/facts.ts";

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
export function chooseBackend(config: Config, { nft, rivals }: Pick<Facts, "nft" | "rivals">): ChosenBackend {
  const chosen = (name: Backend["name"], reason: string, issues: Partial<ChosenBackend> = {}): ChosenBackend => ({
    backend: { name, reason },
    errors: [],
    warnings: [],
    ...issues,
  });
  const [rival] = rivals;
  if (config.backend === "nftables") {
    if (nft.works) return chosen("nftables", "configured");
    return chosen("nftables", "configured", {
      errors: [{ path: [], message: `backend nftables cannot work here: ${nft.why}. Use "auto" or "iptables"` }],
    });
  }
  if (config.backend === "iptables") {
    return chosen("iptables", "configured", { warnings: rival === undefined ? [] : [risk(`${rival.seen}: use backend auto`)] });
  }
  if (rival === undefined) return chosen("iptables", "nobody else marks packets before routing");
  if (nft.works) return chosen("nftables", rival.seen);
  return chosen("iptables", `${rival.seen}, but nftables cannot work here: ${nft.why}`, {
    warnings: [risk(`${rival.seen}, and backend nftables cannot work here: ${nft.why}`)],
  });
}

function risk(why: string): Issue {
  return { path: [], message: `with iptables, packets can be steered wrongly while others change their rules. ${why}` };
}
