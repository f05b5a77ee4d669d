import type { Agent } from "./lab-agent.ts";
import { INTERNET, type Provider } from "./lab-map.ts";
import { until } from "./lab-wait.ts";

export interface StreamOptions {
  /** UDP port it is sent to. */
  readonly port: number;
  /** Datagrams per second. */
  readonly rate: number;
  readonly to?: string;
  readonly source?: string;
  /** Every datagram from a source port of its own: each is a new connection for the router. */
  readonly fresh?: boolean;
}

/** How many datagrams were sent, and how many of them each provider got (each counted once, with the sources it saw). */
export interface Count {
  readonly sent: number;
  /** Sends that the sender's own kernel refused. */
  readonly refused: number;
  readonly lost: number;
  readonly by: Readonly<Record<Provider, number>>;
  readonly sources: Readonly<Record<Provider, readonly string[]>>;
}

export interface Stream {
  /** What has arrived so far; what is under way counts as lost. */
  count(): Promise<Count>;
  /** Stops sending, waits until nothing more arrives, counts. */
  stop(): Promise<Count>;
}

let last = 0;

/** Sends numbered datagrams until stopped; the providers note which numbers they saw. */
export async function startStream(
  sender: Agent,
  receivers: readonly (readonly [Provider, Agent])[],
  options: StreamOptions,
): Promise<Stream> {
  const id = `${++last}`;
  const { to = INTERNET.ipv4, fresh = false, ...rest } = options;
  await sender.ask("send", { id, address: to, fresh, ...rest });
  const look = async ({ sent, refused }: { sent: number; refused: number }): Promise<Count> => {
    const seen = await Promise.all(
      receivers.map(
        async ([name, agent]) => [name, await agent.ask<{ numbers: number[]; sources: string[] }>("received", { id })] as const,
      ),
    );
    const arrived = new Set(seen.flatMap(([, { numbers }]) => numbers));
    return {
      sent,
      refused,
      lost: sent - arrived.size,
      by: byProvider(seen.map(([name, { numbers }]) => [name, numbers.length])),
      sources: byProvider(seen.map(([name, { sources }]) => [name, sources])),
    };
  };
  return {
    count: async () => look(await sender.ask("sent", { id })),
    async stop() {
      const sent = await sender.ask<{ sent: number; refused: number }>("stopSending", { id });
      let before = -1;
      return until(
        "the last datagrams",
        async () => {
          const now = await look(sent);
          if (now.lost === 0 || now.lost === before) return now;
          before = now.lost;
          return undefined;
        },
        { every: 100 },
      );
    },
  };
}

function byProvider<T>(pairs: readonly (readonly [Provider, T])[]): Record<Provider, T> {
  return Object.fromEntries(pairs) as Record<Provider, T>;
}
