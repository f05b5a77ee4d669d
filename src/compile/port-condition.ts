import type { Side } from "../config/schema.ts";
import type { PortRange } from "../kernel/rule.ts";

/** "One of these ports", or negated "none of these". Ranges are sorted and do not touch each other. */
export interface PortCondition {
  readonly negate: boolean;
  readonly ranges: readonly PortRange[];
}

/**
 * What a side asks of its port: `port` and the group of ports both have to hold, in one condition, since a rule of iptables
 * takes one. `undefined` when it asks nothing; without ranges it can never match (or, negated, it excludes nothing).
 */
export function portCondition({ port, group }: Side): PortCondition | undefined {
  const named = group["port-group"];
  if (named === undefined) return port;
  const listed: PortCondition = { negate: named.negate, ranges: joined((named.members ?? []).map(portRange)) };
  // A group nobody knows any more matches nothing, negated neither.
  if (named.members === undefined) return { negate: false, ranges: [] };
  if (port === undefined) return listed;
  if (port.negate && listed.negate) return { negate: true, ranges: joined([...port.ranges, ...listed.ranges]) };
  const [plain, other] = port.negate ? [listed, port] : [port, listed];
  return {
    negate: false,
    ranges: other.negate ? common(plain.ranges, complement(other.ranges)) : common(plain.ranges, other.ranges),
  };
}

function portRange(text: string): PortRange {
  const [first = 0, last = first] = text.split("-").map(Number);
  return { first, last };
}

function joined(ranges: readonly PortRange[]): PortRange[] {
  const result: { first: number; last: number }[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    const open = result.at(-1);
    if (open !== undefined && first <= open.last + 1) open.last = Math.max(open.last, last);
    else result.push({ first, last });
  }
  return result;
}

function complement(ranges: readonly PortRange[]): PortRange[] {
  let next = 0;
  const gaps = ranges.map(({ first, last }) => {
    const gap = { first: next, last: first - 1 };
    next = last + 1;
    return gap;
  });
  return [...gaps, { first: next, last: 65535 }].filter(({ first, last }) => first <= last);
}

function common(ranges: readonly PortRange[], others: readonly PortRange[]): PortRange[] {
  return ranges.flatMap((range) =>
    others
      .map((other) => ({ first: Math.max(range.first, other.first), last: Math.min(range.last, other.last) }))
      .filter(({ first, last }) => first <= last),
  );
}
