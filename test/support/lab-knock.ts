import type { Agent } from "./lab-agent.ts";
import { INTERNET } from "./lab-map.ts";
import { until } from "./lab-wait.ts";

export interface KnockOptions {
  readonly port: number;
  /** New TCP connections per second. */
  readonly rate: number;
  readonly to?: string;
  readonly source?: string;
  /** Milliseconds a connection may take until its answer; default 2,000. */
  readonly timeout?: number;
}

/** How many connections were opened, who answered them, and what happened to the others (error name -> how many). */
export interface Knocks {
  readonly opened: number;
  readonly by: Readonly<Partial<Record<string, number>>>;
  readonly errors: Readonly<Partial<Record<string, number>>>;
  /** The source each one saw last. */
  readonly sources: Readonly<Partial<Record<string, string>>>;
}

export interface Knocking {
  count(): Promise<Knocks>;
  /** Stops, and waits for the connections still under way. */
  stop(): Promise<Knocks>;
}

let last = 0;

/** Opens new connections at a steady rate until stopped, as a LAN full of browsers does. */
export async function startKnocking(agent: Agent, options: KnockOptions): Promise<Knocking> {
  const id = `k${++last}`;
  await agent.ask("knock", { id, address: INTERNET.ipv4, ...(options.to ? { address: options.to } : {}), ...options });
  const look = async (stop: boolean): Promise<Knocks & { pending: number }> => agent.ask("knocked", { id, stop });
  const plain = ({ opened, by, errors, sources }: Knocks): Knocks => ({ opened, by, errors, sources });
  return {
    count: async () => plain(await look(false)),
    async stop() {
      await look(true);
      return until("the last connections", async () => {
        const now = await look(true);
        return now.pending === 0 ? plain(now) : undefined;
      });
    },
  };
}
