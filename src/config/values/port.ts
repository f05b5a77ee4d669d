import type { Lookups } from "../lookups.ts";
import { InvalidValue, type ParseValue, quote, splitNegation } from "./value.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Ports a packet is compared with. `ranges` are sorted and do not touch each other; `text` is what the operator wrote. */
export interface PortMatch {
  readonly negate: boolean;
  readonly ranges: readonly PortRange[];
  readonly text: string;
}

function mergeRanges(ranges: readonly PortRange[]): readonly PortRange[] {
  if (ranges.length === 1) return ranges;
  const merged: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const previous = merged.at(-1);
    if (previous === undefined || range.first > previous.last + 1) merged.push(range);
    else if (range.last > previous.last) merged[merged.length - 1] = { first: previous.first, last: range.last };
  }
  return merged;
}

/** `[!]` and a list, of any length, of port numbers, ranges `n-m` and names of /etc/services. */
export function portMatch(lookups: Lookups): ParseValue<PortMatch> {
  function parseItem(item: string, list: string): PortRange {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(item);
    const first = match === null ? lookups.service(item) : Number(match[1]);
    const last = match?.[2] === undefined ? first : Number(match[2]);
    if (first === undefined || last === undefined || first < 1 || first > 65535 || last < 1 || last > 65535) {
      const where = item === list ? "" : ` in ${quote(list)}`;
      throw new InvalidValue(`Invalid port ${quote(item)}${where}: ports are 1-65535, a range n-m or a name from /etc/services`);
    }
    if (first > last) throw new InvalidValue(`Port range ${quote(item)} is backwards`);
    return { first, last };
  }
  return (text) => {
    const { negate, rest } = splitNegation(text);
    return { negate, ranges: mergeRanges(rest.split(",").map((item) => parseItem(item, rest))), text };
  };
}

/** One port number, no name. */
export function parsePort(text: string): number {
  const port = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new InvalidValue(`${quote(text)} must be a port between 1 and 65535`);
  return port;
}
