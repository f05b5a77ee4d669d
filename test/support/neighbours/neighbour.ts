import type { HostName, Line } from "./neighbour-world.ts";

/** From one time to another, milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Where a neighbour works: in the tables of the iptables command the router has, in those of iptables-nft whatever the router
 * has, or in nft base chains of its own at mangle's priority, which no jump can be put in front of.
 */
export type Hook = "iptables" | "iptables-nft" | "nft";

/** Somebody else on the router who marks packets, as a process or as the commands it is documented to issue. */
export interface Neighbour {
  /** Returns when it is at work. */
  start(): Promise<void>;
  /** Only where there is a process: SIGKILL, everything it made stays. */
  kill?(): Promise<void>;
  /** Stops in order and starts again, as its own restart does. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Waits until it has noticed that a line of its own is gone or back. */
  noticed(lost: Line | undefined): Promise<void>;
  /** When something of it came to stand in front of what was in mangle PREROUTING. */
  fronts(): readonly Span[];
  /** When its own traffic could be expected to work: not while it starts, or has not noticed a lost line. */
  settled(): readonly Span[];
}

/** The traffic that is the neighbour's business, and what is right for it. */
export interface OwnTraffic {
  readonly from: HostName;
  readonly sources: readonly string[];
  readonly to: string;
  /** Whether this provider, having seen this source, is one the neighbour sends to. */
  right(by: string, source: string): boolean;
}
