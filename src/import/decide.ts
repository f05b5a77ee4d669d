import type { Family } from "../net/address.ts";
import { ANY, both, type Condition, covers, exclude } from "./condition.ts";
import { type ChainRule, chainKey, type Decision, type Findings, leave, type Place } from "./findings.ts";
import {
  after,
  answer,
  answerAtFirst,
  inTurn,
  type MarkChange,
  type MarkTest,
  NO_CHANGE,
  sameChange,
  sameRegister,
} from "./mark-change.ts";

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
  const [first] = findings.chains.get(chainKey(family, chain)) ?? [];
  if (first === undefined) return [];
  const end: Way = { at: first.at, condition: ANY, tests: [], change: NO_CHANGE };
  const ways = new WaysThrough(findings, family).waysOf(chain, [end], []);
  if (ways.length > MOST_WAYS) {
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

/** Goes through the chains of one family, from the last rule to the first. */
class WaysThrough {
  constructor(
    private readonly findings: Findings,
    private readonly family: Family,
  ) {}

  /** The ways from the start of a chain. `behind`: those from where it was called from; `within`: the chains that called it. */
  waysOf(chain: string, behind: readonly Way[], within: readonly string[]): readonly Way[] {
    let ways = behind;
    for (const rule of [...(this.findings.chains.get(chainKey(this.family, chain)) ?? [])].reverse()) {
      const longer = this.inFront(rule, ways, behind, [...within, chain]);
      // Most rules add one way; what grows faster has ways in it that say nothing.
      ways = longer.length > ways.length + 1 ? pruned(longer) : longer;
      if (ways.length > MOST_WAYS) return ways;
    }
    return pruned(ways);
  }

  /** The ways from a rule on. `ways`: those from the next rule on. */
  private inFront(rule: ChainRule, ways: readonly Way[], behind: readonly Way[], within: readonly string[]): readonly Way[] {
    const { at, condition, tests, does, description } = rule;
    const own: Own = { at, condition, tests, ...(description === undefined ? {} : { description }) };
    if (does.kind === "drop") return [{ ...own, change: "drop" }, ...ways];
    if (does.kind === "return" && within.length > 1) return [...this.through(own, NO_CHANGE, behind), ...ways];
    if (does.kind === "stop" || does.kind === "return") return [{ ...own, change: NO_CHANGE }, ...ways];
    if (does.kind === "jump") {
      if (within.includes(does.chain)) return ways;
      if (!this.findings.chains.has(chainKey(this.family, does.chain)))
        leave(this.findings, at, `chain ${does.chain} has no rules here that steer`);
      return [...this.through(own, NO_CHANGE, this.waysOf(does.chain, does.comesBack ? ways : behind, within)), ...ways];
    }
    const { change } = does;
    const asked = (way: Way): boolean => way.tests.some(({ register }) => !sameRegister(after(register, change), register));
    if (ways.some(asked)) return [...this.through(own, change, ways), ...ways];
    // Who matches the rule may still leave as if it were not there: only ways that carry its change on are written twice.
    return ways.flatMap((way) =>
      way.change === "drop" || sameChange(inTurn(change, way.change), way.change)
        ? [way]
        : [...this.through(own, change, [way]), way],
    );
  }

  /** The ways of packets that meet a rule as well, after its change. */
  private through(own: Own, change: MarkChange, ways: readonly Way[]): Way[] {
    return ways.flatMap((way) => through(this.findings, own, change, way));
  }
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

/** Without ways that an earlier one takes all packets of, and those that a later one takes to the same end. */
function pruned(ways: readonly Way[]): readonly Way[] {
  const kept: Way[] = [];
  for (const way of ways)
    if (!kept.some((earlier) => earlier.tests.length === 0 && covers(earlier.condition, way.condition))) kept.push(way);
  return kept.filter((way, i) => !isSaidLater(way, kept.slice(i + 1)));
}

/** Whether the packets of a way come to the same end without it: nothing between it and a later, wider one takes them elsewhere. */
function isSaidLater(way: Way, later: readonly Way[]): boolean {
  for (const other of later) {
    const same =
      other.change === "drop" || way.change === "drop" ? other.change === way.change : sameChange(other.change, way.change);
    if (same && includesTests(way.tests, other.tests) && covers(other.condition, way.condition)) return true;
    if (!same && !exclude(other.condition, way.condition)) return false;
  }
  return false;
}

function includesTests(tests: readonly MarkTest[], wanted: readonly MarkTest[]): boolean {
  const said = tests.map((test) => JSON.stringify(test));
  return wanted.every((test) => said.includes(JSON.stringify(test)));
}
