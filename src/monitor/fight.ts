import { Doubling } from "./doubling.ts";

/** Within so many milliseconds somebody may get in front of us so often: WAN load balancing does it four times at a start. */
const WINDOW = 30_000;
const ROUNDS = 12;

/** Somebody who gets in front again and again, and how long we leave him there (milliseconds). */
export interface Truce {
  readonly culprit: string;
  readonly pause: number;
}

/**
 * Keeps the count of who got in front of our jumps. Two programs that both insist on being first would keep the router busy
 * for ever: after some rounds with the same one we wait, each time twice as long (1 s to 60 s).
 */
export class Fight {
  private readonly others = new Map<string, { rounds: number[]; readonly pause: Doubling; truceEnds: number }>();

  /** Somebody was found in front of us at `now` (milliseconds). Gives the truce to keep, if it was once too often. */
  met(culprit: string, now: number): Truce | undefined {
    const other = this.others.get(culprit) ?? {
      rounds: [],
      pause: new Doubling(1000, 60_000),
      truceEnds: Number.NEGATIVE_INFINITY,
    };
    this.others.set(culprit, other);
    const goesOn = now < other.truceEnds + WINDOW;
    if (!goesOn) other.pause.reset();
    other.rounds = [...other.rounds.filter((at) => at > now - WINDOW), now];
    if (!goesOn && other.rounds.length <= ROUNDS) return undefined;
    const pause = other.pause.take();
    other.truceEnds = now + pause;
    return { culprit, pause };
  }
}
