/** What the kernel has counted on an interface since it was made. */
export interface LinkCounters {
  readonly inBytes: number;
  readonly inPackets: number;
  readonly outBytes: number;
  readonly outPackets: number;
}

/** Parses /proc/net/dev: two lines of titles, then a line per interface with eight numbers received and eight sent. */
export function parseLinkCounters(text: string): ReadonlyMap<string, LinkCounters> {
  const counters = new Map<string, LinkCounters>();
  for (const line of text.split("\n").slice(2)) {
    // A name may have colons in it (eth0:1 does not, but nothing forbids them); what counts follows the last one.
    const colon = line.lastIndexOf(":");
    if (colon < 0) continue;
    const numbers = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [inBytes = 0, inPackets = 0] = numbers;
    const [outBytes = 0, outPackets = 0] = numbers.slice(8);
    counters.set(line.slice(0, colon).trim(), { inBytes, inPackets, outBytes, outPackets });
  }
  return counters;
}

/** Per second, between two looks that are `seconds` apart; `undefined` where the interface was made anew in between, so that it counts from 0. */
export function linkRate(
  before: LinkCounters | undefined,
  now: LinkCounters | undefined,
  seconds: number,
): LinkCounters | undefined {
  if (before === undefined || now === undefined || seconds <= 0) return undefined;
  if (now.inBytes < before.inBytes || now.outBytes < before.outBytes) return undefined;
  return {
    inBytes: (now.inBytes - before.inBytes) / seconds,
    inPackets: (now.inPackets - before.inPackets) / seconds,
    outBytes: (now.outBytes - before.outBytes) / seconds,
    outPackets: (now.outPackets - before.outPackets) / seconds,
  };
}
