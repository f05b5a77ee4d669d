import type { Neighbour, Span } from "./neighbour.ts";
import type { NeighbourWorld } from "./neighbour-world.ts";

/** A neighbour that is a set of commands: what it issues when it is configured, and when it is taken out again. */
export interface Script {
  /** Has to bear that what it makes is there already, when `kill` is given. */
  readonly start: string;
  readonly stop: string;
  /** Where there is a process to kill: what dies with it. Its commands' work stays. */
  readonly kill?: string;
  /** Where it changes itself in one piece; default: stop, then start. */
  readonly restart?: string;
}

/** Runs its commands on the router. Each run may have put something in front; afterwards it is settled at once. */
export function makeScript(router: NeighbourWorld, script: Script): Neighbour {
  const fronts: Span[] = [];
  const settled: { from: number; to: number }[] = [];
  const unsettle = () => {
    const last = settled.at(-1);
    if (last?.to === Number.POSITIVE_INFINITY) last.to = Date.now();
  };
  let there = false;
  const place = async (text: string) => {
    unsettle();
    there = true;
    const from = Date.now();
    await router.sh("router", text);
    fronts.push({ from, to: Date.now() });
    settled.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
  };
  const stop = async () => {
    unsettle();
    if (!there) return;
    there = false;
    await router.sh("router", script.stop);
  };
  const { kill, restart } = script;
  return {
    start: () => place(script.start),
    stop,
    restart: async () => {
      if (restart !== undefined) return place(restart);
      await stop();
      await place(script.start);
    },
    ...(kill === undefined
      ? {}
      : {
          async kill() {
            unsettle();
            await router.sh("router", kill);
          },
        }),
    noticed: async () => {},
    fronts: () => fronts,
    settled: () => settled,
  };
}
