import type { Span } from "../support/neighbours/neighbour.ts";
import type { Connection, Exchange } from "./flows.ts";

/** How many of something went wrong. `excused`: as many more while another jump was in front of ours. */
export interface Verdict {
  readonly of: number;
  readonly wrong: number;
  readonly excused: number;
  /** What was wrong and not excused, in words; the first few. */
  readonly examples: readonly string[];
}

/** When what may happen. All times: milliseconds since 1970. */
export interface Times {
  /** Another jump had come in front, and ours was not yet back. */
  readonly displaced: readonly Span[];
  /** The line the traffic needs had no carrier, or was not yet known to have it back. What is lost then is no fault. */
  readonly dead: readonly Span[];
}

/** When the neighbour is at work, and when its line is dead. */
export interface OwnTimes {
  readonly settled: readonly Span[];
  readonly dead: readonly Span[];
}

/** Says whether this server, having seen this source, is a right one. */
export type Right = (by: string, source: string) => boolean;

/** A packet seen where it does not belong: when, and the client's port. */
export interface Stray {
  readonly at: number;
  readonly port: number;
}

/** One thing that happened. `lost`: packets of it vanished, whoever answered in the end. */
interface Finding {
  readonly fault: "none" | "elsewhere" | "lost";
  readonly excused: boolean;
  readonly words: string;
}

export const OUR_LINE = "sg";
/** A segment that is sent again has waited at least this long; milliseconds (the kernel's least time-out is 200). */
const REPEAT = 190;
/** A SYN that is lost is sent again after a second. */
const SYN_REPEAT = 950;
const EXAMPLES = 3;

export const NOTHING: Verdict = { of: 0, wrong: 0, excused: 0, examples: [] };

export function add(a: Verdict, b: Verdict): Verdict {
  return {
    of: a.of + b.of,
    wrong: a.wrong + b.wrong,
    excused: a.excused + b.excused,
    examples: [...a.examples, ...b.examples].slice(0, EXAMPLES),
  };
}

function sum(findings: readonly Finding[], of = findings.length): Verdict {
  const bad = findings.filter(({ fault }) => fault !== "none");
  const wrong = bad.filter(({ excused }) => !excused);
  const examples = wrong.slice(0, EXAMPLES).map(({ fault, words }) => `${fault}: ${words}`);
  return { of, wrong: wrong.length, excused: bad.length - wrong.length, examples };
}

function within(time: number, spans: readonly Span[]): boolean {
  return spans.some(({ from, to }) => time >= from && time <= to);
}

function overlaps({ from, to }: Span, spans: readonly Span[]): boolean {
  return spans.some((span) => from <= span.to && to >= span.from);
}

function faultOf(exchange: Exchange, right: Right, slow: number): Finding["fault"] {
  if (exchange.by === undefined) return "lost";
  if (!right(exchange.by, exchange.source ?? "")) return "elsewhere";
  return exchange.to - exchange.from >= slow ? "lost" : "none";
}

/** On a dead line packets are lost; a dead line sends none elsewhere. */
function forgive(fault: Finding["fault"], lineDead: boolean): Finding["fault"] {
  return fault === "lost" && lineDead ? "none" : fault;
}

function wordsOf(what: string, { from, to, by, source, error }: Exchange): string {
  return `${what} at ${from}, ${error ?? `answered by ${by} who saw ${source}`} after ${to - from} ms`;
}

/** New connections: each has to be answered by the right one, without a packet lost. */
export function judgeNew(seen: readonly Exchange[], right: Right, { displaced, dead }: Times): Verdict {
  return sum(
    seen.map((exchange) => {
      const fault = forgive(faultOf(exchange, right, SYN_REPEAT), overlaps(exchange, dead));
      return { fault, excused: overlaps(exchange, displaced), words: wordsOf("new connection", exchange) };
    }),
  );
}

/**
 * Connections that were there before the event: packets seen on a wrong line, questions that had to be repeated, and
 * connections that did not live. `of`: questions asked.
 */
export function judgeEstablished(
  connections: readonly Connection[],
  strays: readonly Stray[],
  { displaced, dead }: Times,
): Verdict {
  const findings = connections.flatMap(({ port, exchanges, repeated }): Finding[] => {
    const astray = strays.filter((packet) => packet.port === port);
    // Opened while another jump was in front, or sent astray then: source NAT by masquerade forgets a connection that leaves by
    // another interface, so the other may keep it for the rest of its life.
    const opening = exchanges[0];
    const taken = astray.some(({ at }) => within(at, displaced)) || (opening !== undefined && overlaps(opening, displaced));
    const asked = exchanges.map((exchange, n): Finding => {
      const slow = exchange.to - exchange.from >= (n === 0 ? SYN_REPEAT : REPEAT) && repeated > 0;
      const fault = exchange.error === undefined ? forgive(slow ? "lost" : "none", overlaps(exchange, dead)) : "lost";
      const excused = taken || overlaps(exchange, displaced);
      return { fault, excused, words: wordsOf("question of an old connection", exchange) };
    });
    return [
      ...asked,
      ...astray.map(
        ({ at }): Finding => ({ fault: "elsewhere", excused: taken, words: `segment of an old connection at ${at}` }),
      ),
    ];
  });
  return sum(
    findings,
    connections.reduce((count, { exchanges }) => count + exchanges.length, 0),
  );
}

/** Datagrams nobody answers: `sent` has the time of each number, `arrived` who got it. */
export function judgeDatagrams(
  sent: readonly number[],
  arrived: ReadonlyMap<number, string>,
  { displaced, dead }: Times,
): Verdict {
  // A flow that began while another was in front is the other's.
  const taken = sent[0] !== undefined && within(sent[0], displaced);
  return sum(
    sent.map((at, number) => {
      const by = arrived.get(number);
      const fault = forgive(by === OUR_LINE ? "none" : by === undefined ? "lost" : "elsewhere", within(at, dead));
      return { fault, excused: taken || within(at, displaced), words: `datagram ${number} at ${at}, seen by ${by ?? "nobody"}` };
    }),
  );
}

/** The neighbour's own new connections: its own faults while it is not at work do not count; our line always does. */
export function judgeOwnNew(seen: readonly Exchange[], right: Right, times: OwnTimes): Verdict {
  const counted = seen.filter((exchange) => exchange.by === OUR_LINE || atWork(exchange, times));
  return sum(
    counted.map((exchange) => ({
      fault: faultOf(exchange, right, SYN_REPEAT),
      excused: false,
      words: wordsOf("its new connection", exchange),
    })),
  );
}

/** The same for its connections that were there before: those opened while it was at work. */
export function judgeOwnEstablished(connections: readonly Connection[], right: Right, times: OwnTimes): Verdict {
  const counted = connections.filter(({ exchanges: [opening] }) => opening !== undefined && atWork(opening, times));
  const findings = counted.flatMap(({ exchanges, repeated }) =>
    exchanges.flatMap((exchange): Finding[] => {
      const broken = exchange.by === undefined || !right(exchange.by, exchange.source ?? "");
      // What breaks it while it stops or starts is its own affair: seen with the newest one alone, in 7 of 150 restarts.
      const counts = broken ? inOne(exchange, times.settled) : atWork(exchange, times);
      if (!counts) return [];
      const slow = exchange.to - exchange.from >= REPEAT && repeated > 0;
      return [
        { fault: broken || slow ? "lost" : "none", excused: false, words: wordsOf("question of its old connection", exchange) },
      ];
    }),
  );
  return sum(findings);
}

function atWork(exchange: Exchange, { settled, dead }: OwnTimes): boolean {
  return inOne(exchange, settled) && !overlaps(exchange, dead);
}

/** From its beginning to its end in one and the same span. */
function inOne({ from, to }: Exchange, spans: readonly Span[]): boolean {
  return spans.some((span) => from >= span.from && to <= span.to);
}
