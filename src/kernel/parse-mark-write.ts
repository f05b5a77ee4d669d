import type { MarkWrite } from "../net/foreign-marks.ts";

const ALL = 0xffffffff;

/**
 * The mark that a line of iptables-save writes (`-j MARK`, `-j CONNMARK`); `undefined` for every other line. iptables 1.8 prints
 * all ways to set a mark as `--set-xmark VALUE/MASK`.
 */
export function parseIptablesWrite(line: string): MarkWrite | undefined {
  const [, target, words = ""] = / -j (MARK|CONNMARK) (.*)$/.exec(line) ?? [];
  if (target === undefined) return undefined;
  const guard = / -m mark --mark (0x[0-9a-f]+)(?:\/(0x[0-9a-f]+))?/.exec(line);
  const only = guard === null ? {} : { only: { value: Number(guard[1]), mask: Number(guard[2] ?? ALL) } };
  const set = /--set-xmark (0x[0-9a-f]+)\/(0x[0-9a-f]+)/.exec(words);
  if (set !== null) {
    const [value, mask] = [Number(set[1]), Number(set[2])];
    return { of: target === "MARK" ? "packet" : "connection", mask: (mask | value) >>> 0, value, ...only };
  }
  const copy = /--(save|restore)-mark --nfmask (0x[0-9a-f]+) --ctmask (0x[0-9a-f]+)/.exec(words);
  if (copy === null) return undefined;
  return copy[1] === "save"
    ? { of: "connection", mask: Number(copy[3]), ...only }
    : { of: "packet", mask: Number(copy[2]), ...only };
}

/** The marks that a rule writes, in the words of `nft -n list chain` (nft 1.0). */
export function parseNftWrites(rule: string): MarkWrite[] {
  const guard = /\bmeta mark (?:& (0x[0-9a-f]+) == )?(0x[0-9a-f]+)/.exec(rule);
  const only = guard === null ? {} : { only: { value: Number(guard[2]), mask: Number(guard[1] ?? ALL) } };
  return [...rule.matchAll(/\b(meta|ct) mark set (.*?)(?= (?:meta|ct) mark set |$)/g)].map(([, kind, words = ""]): MarkWrite => {
    const of = kind === "meta" ? "packet" : "connection";
    const constant = /^0x[0-9a-f]+/.exec(words)?.[0];
    if (constant !== undefined) return { of, mask: ALL, value: Number(constant), ...only };
    const same = /^(meta|ct) mark(?: & (0x[0-9a-f]+))?(?: ([|^]) (0x[0-9a-f]+))?/.exec(words);
    if (same === null || same[1] !== kind) return { of, mask: ALL, ...only };
    const kept = Number(same[2] ?? ALL);
    const bits = Number(same[4] ?? 0);
    const mask = (~kept | bits) >>> 0;
    return same[3] === "^" ? { of, mask, ...only } : { of, mask, value: bits, ...only };
  });
}

const BUILT_IN = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/** The built-in chains from which packets can come to a chain. `callers`: chain -> chains that jump there, in one table. */
export function hooksOf(chain: string, callers: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const seen = new Set([chain]);
  for (const one of seen) for (const caller of callers.get(one) ?? []) seen.add(caller);
  return BUILT_IN.filter((name) => seen.has(name));
}
