import { Doubling } from "./doubling.ts";

/** Within so many milliseconds somebody may get in front of us so often: WAN load balancing does it four times at a start. */
const WINDOW = 30_000;
const ROUNDS = 12;

/** Somebody who gets in front again and again, and how long we leave him there (milliseconds). */
export interface Truce {
  readonly culprit: string;
  readonly rounds: number;
  readonly pause: number;
}

/**
 * Keeps the count of who got in front of our jumps. Two programs that both insist on being first would keep the router busy
 * for ever: after some rounds with the same one we wait, each time twice as long (1 s to 60 s).
 */
export class Fight {
  private readonly rounds = new Map<string, number[]>();
  private readonly pauses = new Map<string, Doubling>();

  /** Somebody was found in front of us at `now` (milliseconds). Gives the truce to keep, if it was once too often. */
  met(culprit: string, now: number): Truce | undefined {
    const recent = (this.rounds.get(culprit) ?? []).filter((at) => at > now - WINDOW);
    recent.push(now);
    this.rounds.set(culprit, recent);
    const pause = this.pauses.get(culprit) ?? new Doubling(1000, 60_000);
    this.pauses.set(culprit, pause);
    if (recent.length <= ROUNDS) {
      if (recent.length === 1) pause.reset();
      return undefined;
    }
    return { culprit, rounds: recent.length - 1, pause: pause.take() };
  }
}
