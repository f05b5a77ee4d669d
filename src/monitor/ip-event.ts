import type { Wake } from "./wake.ts";

/** Objects of `ip monitor` that are listened to. Never `route`: a BGP router changes 100,000 of them in a minute. */
export const IP_OBJECTS = ["link", "address", "rule", "prefix", "netconf"] as const;

const KINDS: Readonly<Record<string, Wake>> = {
  LINK: "link",
  ADDR: "address",
  RULE: "rule",
  PREFIX: "prefix",
  NETCONF: "sysctl",
};

/**
 * What a line of `ip -o monitor label link address rule prefix netconf` is about (iproute2 6.1: `[LINK]2: eth1: ...`, and what
 * goes away as `[LINK]Deleted 2: ...`); undefined for lines that are about nothing of ours.
 */
export function ipEvent(line: string): Wake | undefined {
  const label = /^\[(\w+)\]/.exec(line)?.[1];
  return label === undefined ? undefined : KINDS[label];
}

/** The interface that has no link now according to such a line: taken down, without carrier, or removed. */
export function lostLink(line: string): string | undefined {
  const [, deleted, name, words = ""] = /^\[LINK\](Deleted )?\d+: ([^:@]+)(?:@[^:]*)?: <([^>]*)>/.exec(line) ?? [];
  const flags = words.split(",");
  const works = deleted === undefined && flags.includes("UP") && flags.includes("LOWER_UP") && !flags.includes("NO-CARRIER");
  return works ? undefined : name;
}
