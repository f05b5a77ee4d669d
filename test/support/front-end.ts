/**
 * What the program steers with: one of the two front ends of iptables, or nftables (with iptables-nft beside it). Debian has
 * both front ends; the names without a suffix are one of them.
 */
export type FrontEnd = "iptables-nft" | "iptables-legacy" | "nftables";

export const IPTABLES = ["iptables-nft", "iptables-legacy"] as const;
export const FRONT_ENDS = [...IPTABLES, "nftables"] as const;

/** `nft` or `legacy`: the part of the name that iptables' programs have. */
export function iptablesOf(frontEnd: FrontEnd): "nft" | "legacy" {
  return frontEnd === "iptables-legacy" ? "legacy" : "nft";
}

/** The backend it means. */
export function backendOf(frontEnd: FrontEnd): "iptables" | "nftables" {
  return frontEnd === "nftables" ? "nftables" : "iptables";
}

/** Shell: fills the folder with the programs of one front end under their plain names; they act by the name they are called. */
export function frontEndScript(folder: string, frontEnd: FrontEnd): string {
  const multi = `/usr/sbin/xtables-${iptablesOf(frontEnd)}-multi`;
  const links = ["ip", "ip6"].flatMap((family) =>
    ["", "-save", "-restore"].map((suffix) => `ln -s ${multi} ${folder}/${family}tables${suffix}`),
  );
  return [`mkdir -p ${folder}`, ...links].join("\n");
}
