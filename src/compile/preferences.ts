import type { IpRule } from "../kernel/kernel-state.ts";
import { PREFERENCE } from "../kernel/ownership.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import type { CatchAll } from "../uplink/facts.ts";

/** The preference of each kind of our ip rules. */
export type Preferences = Readonly<Record<keyof typeof PREFERENCE, number>>;

/** How far below `rule-priority` a rule can be that got its place by itself. */
const REACH = 100;

/**
 * From `rule-priority` on. An ip rule that somebody adds without a preference becomes the second of all, just below ours
 * (Linux, fib_default_rule_pref): one that takes all packets, as wg-quick's, takes those that we steer. Then ours close up
 * and go in front of it, and back when it is gone. Rules further away were put there on purpose.
 */
export function preferences(base: number, catchAlls: readonly CatchAll[], family: Family): Preferences {
  const inFront = justBelow(base, catchAlls, family);
  const kinds = Object.entries(PREFERENCE) as [keyof typeof PREFERENCE, number][];
  const first = Math.min(...inFront.map(({ preference }) => preference)) - kinds.length;
  const moves = inFront.length > 0 && first >= Math.max(1, base - REACH);
  const order = [...kinds].sort(([, a], [, b]) => a - b);
  return Object.fromEntries(order.map(([kind, offset], n) => [kind, moves ? first + n : base + offset])) as Preferences;
}

/** The families in which our ip rules were behind such a rule and are in front of it now. */
export function broughtInFront(
  base: number,
  catchAlls: readonly CatchAll[],
  before: readonly IpRule[],
  now: readonly IpRule[],
): Family[] {
  return FAMILIES.filter((family) => {
    const first = (rules: readonly IpRule[]): number | undefined =>
      rules
        .filter((rule) => rule.family === family)
        .map(({ preference }) => preference)
        .sort((a, b) => a - b)[0];
    const [was, is] = [first(before), first(now)];
    if (was === undefined || is === undefined) return false;
    return justBelow(base, catchAlls, family).some(({ preference }) => is < preference && preference < was);
  });
}

function justBelow(base: number, catchAlls: readonly CatchAll[], family: Family): CatchAll[] {
  return catchAlls.filter((rule) => rule.family === family && rule.preference < base && rule.preference >= base - REACH);
}
