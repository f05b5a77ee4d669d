/** The two front ends of iptables. Debian has both; the names without a suffix are one of them. */
export type FrontEnd = "nft" | "legacy";

export const FRONT_ENDS = ["nft", "legacy"] as const;

/** Shell: fills the folder with the programs of one front end under their plain names; they act by the name they are called. */
export function frontEndScript(folder: string, frontEnd: FrontEnd): string {
  const links = ["ip", "ip6"].flatMap((family) =>
    ["", "-save", "-restore"].map((suffix) => `ln -s /usr/sbin/xtables-${frontEnd}-multi ${folder}/${family}tables${suffix}`),
  );
  return [`mkdir -p ${folder}`, ...links].join("\n");
}
