import type { Family } from "../net/address.ts";
import { ANY, both, type Condition, covers } from "./condition.ts";
import { type ChainRule, chainKey, type Decision, type Findings, leave, type Place } from "./findings.ts";
import { after, answer, answerAtFirst, inTurn, type MarkChange, type MarkTest, NO_CHANGE, sameChange } from "./mark-change.ts";
import { isBuiltIn } from "./read-iptables.ts";

/** A way through the rest of a chain: who meets the condition and the tests leaves it so. First match decides. */
interface Way {
  readonly at: Place;
  readonly condition: Condition;
  readonly tests: readonly MarkTest[];
  readonly change: MarkChange | "drop";
  readonly description?: string;
}

/** More than this is no ruleset that a person could read again. */
const MOST_WAYS = 2000;

/**
 * The decisions of a built-in chain. MARK goes on to the next rule, so that of several the last one counts, and marks may be
 * asked about and copied between packet and connection: all of that is worked out from the last rule to the first.
 */
export function decide(findings: Findings, family: Family, chain: string): Decision[] {
  const rules = flatten(findings, family, chain, ANY, [], [chain]);
  let ways: Way[] = [];
  const [first] = rules;
  if (first === undefined) return [];
  ways = [{ at: first.at, condition: ANY, tests: [], change: NO_CHANGE }];
  for (const rule of [...rules].reverse()) {
    ways = inFront(findings, rule, ways);
    if (ways.length <= MOST_WAYS) continue;
    leave(findings, first.at, `chain ${chain}: its marks depend on each other in too many ways`);
    return [];
  }
  return ways.flatMap(({ at, condition, tests, change, description }): Decision[] => {
    if (!tests.every(answerAtFirst)) return [];
    const drops = change === "drop";
    return [
      {
        at,
        condition,
        mark: drops ? 0 : change.packet.flip,
        connection: drops ? 0 : change.connection.flip,
        drops,
        ...(description === undefined ? {} : { description }),
      },
    ];
  });
}

/** The ways from a rule on, when those from the next rule on are known. */
function inFront(findings: Findings, rule: ChainRule, ways: readonly Way[]): Way[] {
  const { at, condition, tests, does, description } = rule;
  const own = { at, condition, tests, ...(description === undefined ? {} : { description }) };
  if (does.kind === "stop" || does.kind === "return") return pruned([{ ...own, change: NO_CHANGE }, ...ways]);
  if (does.kind === "drop") return pruned([{ ...own, change: "drop" as const }, ...ways]);
  if (does.kind !== "change") return [...ways];
  const { change } = does;
  const asked = (way: Way): boolean =>
    way.tests.some((test) => JSON.stringify(after(test.register, change)) !== JSON.stringify(test.register));
  if (ways.some(asked)) return pruned([...ways.flatMap((way) => through(findings, own, change, way)), ...ways]);
  // Who matches the rule may still leave as if it were not there: only ways that carry its change on are written twice.
  return pruned(
    ways.flatMap((way) =>
      way.change === "drop" || sameChange(inTurn(change, way.change), way.change)
        ? [way]
        : [...through(findings, own, change, way), way],
    ),
  );
}

type Own = Pick<Way, "at" | "condition" | "tests" | "description">;

function through(findings: Findings, own: Own, change: MarkChange, way: Way): Way[] {
  const condition = both(own.condition, way.condition);
  if (condition === "never") return [];
  if (condition === "unwritable") {
    leave(findings, way.at, `what meets line ${own.at.line} too: our rules cannot say both at once`);
    return [];
  }
  const tests = [...own.tests];
  for (const test of way.tests) {
    const seen = { ...test, register: after(test.register, change) };
    const known = answer(seen);
    if (known === false) return [];
    if (known === undefined) tests.push(seen);
  }
  const isOwn = way.condition.size === 0;
  const description = (isOwn ? own.description : way.description) ?? own.description;
  return [
    {
      at: isOwn ? own.at : way.at,
      condition,
      tests,
      change: way.change === "drop" ? "drop" : inTurn(change, way.change),
      ...(description === undefined ? {} : { description }),
    },
  ];
}

/** Without ways that an earlier one takes all packets of. */
function pruned(ways: readonly Way[]): Way[] {
  const kept: Way[] = [];
  for (const way of ways)
    if (!kept.some((earlier) => earlier.tests.length === 0 && covers(earlier.condition, way.condition))) kept.push(way);
  return kept;
}

/** The rules of a chain with those of the chains it calls in their places. */
function flatten(
  findings: Findings,
  family: Family,
  chain: string,
  outer: Condition,
  outerTests: readonly MarkTest[],
  within: readonly string[],
): ChainRule[] {
  return (findings.chains.get(chainKey(family, chain)) ?? []).flatMap((rule): ChainRule[] => {
    const condition = both(outer, rule.condition);
    if (condition === "never") return [];
    if (condition === "unwritable") {
      leave(findings, rule.at, "together with the rule that calls its chain: our rules cannot say both at once");
      return [];
    }
    const tests = [...outerTests, ...rule.tests];
    if (rule.does.kind === "return" && !isBuiltIn(chain)) {
      leave(
        findings,
        rule.at,
        "RETURN from a chain of its own is not followed. TOO WIDE WITHOUT IT: what it let pass is steered by the rules after it",
      );
      return [];
    }
    if (rule.does.kind !== "jump") return [{ ...rule, condition, tests }];
    const called = rule.does.chain;
    if (within.includes(called)) return [];
    if (!findings.chains.has(chainKey(family, called))) {
      leave(findings, rule.at, `chain ${called} has no rules here that steer`);
      return [];
    }
    return flatten(findings, family, called, condition, tests, [...within, called]);
  });
}
