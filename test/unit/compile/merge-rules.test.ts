import { expect, test } from "vitest";
import { mergeRules } from "../../../src/compile/merge-rules.ts";
import type { Match, Rule } from "../../../src/kernel/rule.ts";

/** Nine networks, TCP and UDP, destination port 80: eighteen rules that do the same. */
function rules(more: readonly Match[]): Rule[] {
  return [6, 17].flatMap((protocol) =>
    Array.from({ length: 9 }, (_, i): Rule => {
      const matches: Match[] = [
        { match: "protocol", protocol, negate: false },
        { match: "prefix", side: "destination", prefix: `192.0.${i}.0/24`, negate: false },
        { match: "ports", side: "destination", ranges: [{ first: 80, last: 80 }], negate: false },
      ];
      return { matches: [...matches, ...more], action: { action: "drop" }, note: "rule 20" };
    }),
  );
}

test("rules that differ in the protocol share a set, which holds it", () => {
  const merged = mergeRules(rules([]), "ipv4");
  expect(merged.rules.map(({ matches }) => matches.map(({ match }) => match))).toEqual([["set"]]);
});

// iptables takes ports only beside one protocol: a commit failed (seed 3 of the second opinion).
test("the protocol stays where the rule asks for the other side's port too", () => {
  const source: Match = { match: "ports", side: "source", ranges: [{ first: 443, last: 443 }], negate: true };
  const merged = mergeRules(rules([source]), "ipv4");
  expect(merged.rules.map(({ matches }) => matches.map(({ match }) => match))).toEqual([
    ["protocol", "ports", "set"],
    ["protocol", "ports", "set"],
  ]);
});
