import type { FrontEnd } from "../support/front-end.ts";
import type { Hook } from "../support/neighbours/neighbour.ts";

/** One way of putting policy routing into the kernel: a column of the matrix. */
export interface Backend {
  readonly name: string;
  /** The router's iptables. */
  readonly frontEnd: FrontEnd;
  /** Configuration that chooses it. */
  readonly set: readonly string[];
  /**
   * What puts its jumps back when another got in front. "monitor": the daemon `policy-route monitor`, within `window` milliseconds
   * of it. "nothing": nobody does; it has no jump that could be displaced.
   */
  readonly guard: "nothing" | "monitor";
  readonly window: number;
  /** Whether its jumps can keep their place against a neighbour that hooks in there; what it cannot is not promised. */
  keepsItsPlace(hook: Hook): boolean;
}

export const BACKENDS: readonly Backend[] = [
  {
    name: "iptables-nft",
    frontEnd: "iptables-nft",
    set: ["backend iptables"],
    guard: "monitor",
    window: 100,
    keepsItsPlace: (hook) => hook !== "nft",
  },
  {
    name: "iptables-legacy",
    frontEnd: "iptables-legacy",
    set: ["backend iptables"],
    guard: "monitor",
    window: 1100,
    keepsItsPlace: (hook) => hook === "iptables",
  },
  { name: "nftables", frontEnd: "nftables", set: ["backend nftables"], guard: "nothing", window: 0, keepsItsPlace: () => true },
];
