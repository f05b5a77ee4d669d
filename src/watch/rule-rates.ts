import type { ShownRule } from "../show/model.ts";

/**
 * New connections per second of each rule between two looks `seconds` apart. A rule has none while it is not counted by itself, and
 * where counting began anew in between.
 */
export function ruleRates(before: readonly ShownRule[], now: readonly ShownRule[], seconds: number): ReadonlyMap<string, number> {
  const counted = new Map(before.map((rule) => [rule.number, rule.newConnections]));
  const rates = new Map<string, number>();
  for (const { number, newConnections } of now) {
    const former = counted.get(number);
    if (seconds <= 0 || former === undefined || newConnections === undefined || newConnections < former) continue;
    rates.set(number, (newConnections - former) / seconds);
  }
  return rates;
}
