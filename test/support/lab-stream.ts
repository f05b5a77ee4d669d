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
  /** Every datagram is answered: a stream of the same rate in the other direction. */
  readonly echo?: boolean;
}

/** How many datagrams were sent, and how many of them each provider got (each counted once, with the sources it saw). */
export interface Count<Name extends string = Provider> {
  readonly sent: number;
  /** Sends that the sender's own kernel refused. */
  readonly refused: number;
  readonly lost: number;
  readonly by: Readonly<Record<Name, number>>;
  readonly sources: Readonly<Record<Name, readonly string[]>>;
  /** Milliseconds since the epoch at which answers came, by the number of the datagram; empty without `echo`. */
  readonly answers: ReadonlyMap<number, number>;
}

export interface Stream<Name extends string = Provider> {
  /** What has arrived so far; what is under way counts as lost. */
  count(): Promise<Count<Name>>;
  /** Stops sending, waits until nothing more arrives, counts. */
  stop(): Promise<Count<Name>>;
}

let last = 0;

/** Sends numbered datagrams until stopped; the providers note which numbers they saw. */
export async function startStream<Name extends string>(
  sender: Agent,
  receivers: readonly (readonly [Name, Agent])[],
  options: StreamOptions,
): Promise<Stream<Name>> {
  const id = `${++last}`;
  const { to = INTERNET.ipv4, fresh = false, ...rest } = options;
  await sender.ask("send", { id, address: to, fresh, ...rest });
  const look = async ({ sent, refused }: { sent: number; refused: number }): Promise<Count<Name>> => {
    const { answers } = await sender.ask<{ answers: [number, number][] }>("answered", { id });
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
      by: byName(seen.map(([name, { numbers }]) => [name, numbers.length])),
      sources: byName(seen.map(([name, { sources }]) => [name, sources])),
      answers: new Map(answers),
    };
  };
  return {
    count: async () => look(await sender.ask("sent", { id })),
    async stop() {
      const sent = await sender.ask<{ sent: number; refused: number }>("stopSending", { id });
      let before = "";
      return until(
        "the last datagrams",
        async () => {
          const now = await look(sent);
          const arrived = `${now.lost} ${now.answers.size}`;
          const whole = now.lost === 0 && (options.echo !== true || now.answers.size === now.sent);
          if (whole || arrived === before) return now;
          before = arrived;
          return undefined;
        },
        { every: 100 },
      );
    },
  };
}

function byName<Name extends string, T>(pairs: readonly (readonly [Name, T])[]): Record<Name, T> {
  return Object.fromEntries(pairs) as Record<Name, T>;
}
