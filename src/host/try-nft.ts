import type { NftFacts } from "../uplink/facts.ts";
import type { Host } from "./host.ts";

/**
 * Everything our tables are made of, once. `nft -c` lets the kernel look at it and take nothing: an old one lacks intervals in
 * sets of more than one dimension (before 5.6) or `rt ipsec` (5.0), an old nft the words for it.
 */
const TRIAL = (family: "ip" | "ip6", addresses: string, labels: boolean): string => `table ${family} policy_route_trial {
  set pairs {
    type ${addresses} . inet_proto . inet_service
    flags interval
  }
  chain target {
    ct mark set ct mark and 0xf00fffff or 0x00100000 meta mark set meta mark and 0xf00fffff
${labels ? "    ct label 127 ct label set 1\n" : ""}  }
  chain pre {
    type filter hook prerouting priority -149; policy accept;
    ct direction original ct mark and 0x0ff00000 vmap { 0x00100000 : goto target }
    ct status and confirmed == confirmed ct state new return
    fib daddr type local return
    ${family} daddr . meta l4proto . th dport @pairs counter jump target comment "policy-route"
  }
  chain track {
    type filter hook prerouting priority -301; policy accept;
    ct zone set 0
  }
  chain out {
    type route hook output priority -149; policy accept;
  }
  chain nat {
    type nat hook postrouting priority 98; policy accept;
    fib saddr type local rt ipsec missing masquerade
  }
}
`;

/** Whether the nftables backend can work here, and whether connections can have labels. */
export async function tryNft(host: Host, ipv6: boolean): Promise<NftFacts> {
  const attempt = (labels: boolean) => {
    const tables = [TRIAL("ip", "ipv4_addr", labels), ...(ipv6 ? [TRIAL("ip6", "ipv6_addr", labels)] : [])];
    return host.run(["nft", "-c", "-f", "-"], { stdin: tables.join("") });
  };
  if ((await attempt(true)).exitCode === 0) return { works: true, labels: true };
  const { exitCode, stderr } = await attempt(false);
  if (exitCode === 0) return { works: true, labels: false };
  const message = stderr.split("\n").find((line) => /error/i.test(line)) ?? stderr.split("\n")[0] ?? "";
  return { works: false, why: `nft or the kernel is too old for it, nft says "${message.trim()}"` };
}
