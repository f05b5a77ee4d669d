import type { Context } from "../context.ts";
import { type StopWatching, watchLines } from "../host/watch-lines.ts";
import { advertisementEvent, Flood } from "../monitor/advertisement-event.ts";
import type { Wake } from "../monitor/wake.ts";
import type { Prepared } from "../prepare.ts";

/** Milliseconds without it after a flood of routes, or after it ended by itself; the look every 30 s finds what it would have told. */
const PAUSE = 60_000;

/**
 * Listens to IPv6 routes, for the one thing that nothing else tells of: a router advertisement with a default and no network. Only where
 * an uplink takes its gateway from advertisements, and not while a routing daemon fills the IPv6 table.
 */
export class AdvertisementWatch {
  private stopWatching: StopWatching | undefined;
  private notBefore = 0;

  constructor(
    private readonly context: Context,
    private readonly wake: (why: Wake) => void,
  ) {}

  /** To be called after each look: listens when an uplink needs it, else not. */
  async follow(settled: Pick<Prepared, "config" | "uplinks"> | undefined): Promise<void> {
    const needed = settled !== undefined && (await this.isNeeded(settled));
    if (!needed) this.stop();
    else if (this.stopWatching === undefined && this.context.host.now() >= this.notBefore) this.start();
  }

  stop(): void {
    this.stopWatching?.();
    this.stopWatching = undefined;
  }

  private start(): void {
    const { host, env } = this.context;
    const flood = new Flood();
    const rest = (): void => {
      this.stop();
      this.notBefore = host.now() + PAUSE;
    };
    this.stopWatching = watchLines(["ip", "-6", "-o", "monitor", "route"], env, {
      line: (text) => {
        if (flood.rises(host.now())) rest();
        const wake = advertisementEvent(text);
        if (wake !== undefined) this.wake(wake);
      },
      ended: rest,
    });
  }

  /** Whether the kernel takes defaults from advertisements on a line whose IPv6 gateway is not set. A router has to be told to (2). */
  private async isNeeded({ config, uplinks }: Pick<Prepared, "config" | "uplinks">): Promise<boolean> {
    if (config === undefined || config.disable) return false;
    const asked = uplinks.filter(({ name }) => ["ra", undefined].includes(config.uplink[name]?.gateway6));
    const accepting = await Promise.all(
      asked.map(async ({ interface: device }) => {
        const sysctl = async (name: string) =>
          (await this.context.host.read(`/proc/sys/net/ipv6/conf/${device}/${name}`))?.trim();
        const accept = await sysctl("accept_ra");
        return accept === "2" || (accept === "1" && (await sysctl("forwarding")) === "0");
      }),
    );
    return accepting.includes(true);
  }
}
