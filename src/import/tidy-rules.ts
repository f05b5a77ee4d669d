import { type Condition, covers, exclude, sameCondition } from "./condition.ts";
import type { Place } from "./findings.ts";
import { sameWay, type Way } from "./imported.ts";
import type { Steering } from "./steer.ts";

/** A list of steerings without what changes nothing, in the order of the text where that makes no difference, neighbours joined. */
export function tidy(list: readonly Steering[]): Steering[] {
  const kept: Steering[] = [];
  for (const one of list) if (!kept.some((earlier) => covers(earlier.condition, one.condition))) kept.push(one);
  while (kept.at(-1)?.way.kind === "exempt") kept.pop();
  return joinAll(inOrderOfText(kept));
}

/** Neighbours change places where that makes no difference. */
function inOrderOfText(list: readonly Steering[]): Steering[] {
  const sorted = [...list];
  for (let i = 1; i < sorted.length; i++) {
    for (let j = i; j > 0; j--) {
      const [a, b] = [sorted[j - 1] as Steering, sorted[j] as Steering];
      if (a.at.source !== b.at.source || !isLater(a.at, b.at) || !commute(a, b)) break;
      [sorted[j - 1], sorted[j]] = [b, a];
    }
  }
  return sorted;
}

/** Whether it makes no difference which of two comes first. */
function commute(a: Steerable, b: Steerable): boolean {
  return sameWay(a.way, b.way) || exclude(a.condition, b.condition);
}

function joinAll(list: readonly Steering[]): Steering[] {
  const joined: Steering[] = [];
  for (const one of list) {
    const last = joined.at(-1);
    const condition =
      last !== undefined && sameWay(last.way, one.way) && last.log === one.log && last.description === one.description
        ? join(last.condition, one.condition)
        : undefined;
    if (last === undefined || condition === undefined) joined.push(one);
    else joined[joined.length - 1] = { ...last, condition };
  }
  return joined;
}

/** One condition for what meets either, where they differ in one list only. */
function join(a: Condition, b: Condition): Condition | undefined {
  if (sameCondition(a, b)) return a;
  if (a.size !== b.size) return undefined;
  const differing = [...a].filter(([path, values]) => values.join() !== b.get(path)?.join());
  const [only] = differing;
  if (only === undefined || differing.length > 1) return undefined;
  const [path, values] = only;
  const others = b.get(path) ?? [];
  if ([...values, ...others].some((value) => value.startsWith("!")) || others.length === 0) return undefined;
  const joined = new Map(a);
  if (path.endsWith(" port")) joined.set(path, [[...values, ...others].join(",")]);
  else if (path.endsWith(" address") || path === "inbound-interface") joined.set(path, [...values, ...others]);
  else if (path === "protocol" && [...values, ...others].sort().join() === "tcp,udp") joined.set(path, ["tcp_udp"]);
  else return undefined;
  return joined;
}

interface Steerable {
  readonly at: Place;
  readonly condition: Condition;
  readonly way: Way;
}

function isLater(a: Place, b: Place): boolean {
  return a.source !== b.source ? a.source > b.source : a.line !== b.line ? a.line > b.line : (a.turn ?? 0) > (b.turn ?? 0);
}

/**
 * Two lists for different packets as one, in an order that is right for each: what both have (the same `key`) is said once
 * (`combine`), as far as the order of each allows it.
 */
export function interleave<T extends Steerable>(
  a: readonly T[],
  b: readonly T[],
  key: (one: T) => string,
  combine: (one: T, other: T) => T,
): T[] {
  const [ofA, ofB] = [a, b].map((list) => list.map((one) => ({ one, key: key(one) }))) as [Keyed<T>[], Keyed<T>[]];
  const merged: T[] = [];
  while (ofA.length > 0 || ofB.length > 0) {
    const keysOfB = new Set(ofB.map((other) => other.key));
    const at = ofA.findIndex(
      (one, i) =>
        keysOfB.has(one.key) &&
        canLead(ofA, i) &&
        canLead(
          ofB,
          ofB.findIndex((other) => other.key === one.key),
        ),
    );
    if (at >= 0) {
      const [one] = ofA.splice(at, 1) as [Keyed<T>];
      const [other] = ofB.splice(
        ofB.findIndex((candidate) => candidate.key === one.key),
        1,
      ) as [Keyed<T>];
      merged.push(combine(one.one, other.one));
      continue;
    }
    const [headA, headB] = [ofA[0], ofB[0]];
    const waitsA = headA === undefined || keysOfB.has(headA.key);
    const waitsB = headB === undefined || ofA.some((one) => one.key === headB.key);
    const takeB =
      headA === undefined || (headB !== undefined && (waitsA === waitsB ? isLater(headA.one.at, headB.one.at) : waitsA));
    const [next] = (takeB ? ofB : ofA).splice(0, 1) as [Keyed<T>];
    merged.push(next.one);
  }
  return merged;
}

interface Keyed<T> {
  readonly one: T;
  readonly key: string;
}

/** Whether it could as well be the first of the list. */
function canLead<T extends Steerable>(list: readonly Keyed<T>[], at: number): boolean {
  return list.slice(0, at).every(({ one }) => commute(one, (list[at] as Keyed<T>).one));
}
