import type { Wake } from "./wake.ts";

/** More lines a second than a line's own routers cause: a routing daemon is at work. */
const FLOOD = 500;

/**
 * What a line of `ip -6 -o monitor route` is about: a default route learnt from a router advertisement that comes, changes or goes
 * (`Deleted default via fe80::1 dev eth1 proto ra metric 1024 expires 1798sec`, iproute2 6.1); undefined for all other routes.
 */
export function advertisementEvent(line: string): Wake | undefined {
  return /^(Deleted )?default (?=.*\bproto ra\b)/.test(line) ? "prefix" : undefined;
}

/** Counts lines by the second. */
export class Flood {
  private second = 0;
  private lines = 0;

  /** One more line at `now` (milliseconds); whether it is one too many. */
  rises(now: number): boolean {
    const second = Math.floor(now / 1000);
    this.lines = second === this.second ? this.lines + 1 : 1;
    this.second = second;
    return this.lines > FLOOD;
  }
}
