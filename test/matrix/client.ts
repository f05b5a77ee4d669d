import { spawnSync } from "node:child_process";
import dgram from "node:dgram";
import net from "node:net";
import { createInterface } from "node:readline";
import { CONNECT_TIMEOUT, type Connection, EXCHANGE_TIMEOUT, type Exchange, type Flow, type Sent } from "./flows.ts";

// A client in one network namespace: sends what the flows say and writes down, with times, what came of it.
// Standard input: {"start": Flow[], "id": string} or {"stop": true}, one per line; each is answered by one line.

interface Running {
  stop(): Promise<void>;
  ready: Promise<void>;
  record(into: {
    news: Record<string, Exchange[]>;
    connections: Record<string, Connection[]>;
    datagrams: Record<string, number[]>;
  }): void;
}

function answerOf(chunk: Buffer): { by?: string; source?: string } {
  try {
    return JSON.parse(chunk.toString("latin1").split("\n")[0] ?? "") as { by?: string; source?: string };
  } catch {
    return {};
  }
}

let lastPort = 10_000;

/**
 * A source port that was not used before, below those the kernel chooses: a router remembers a connection it refused for two
 * minutes, and would treat the next one from the same port as it treated that one.
 */
function freshPort(): number {
  lastPort = lastPort >= 30_000 ? 10_000 : lastPort + 1;
  return lastPort;
}

/** Sends at a steady rate; a stalled process catches up with what it owes. */
function steadily(rate: number, one: () => void): () => void {
  const begun = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * rate) + 1;
    for (let n = 0; done < due && n < 50; n++, done++) one();
  }, 4);
  return () => clearInterval(timer);
}

function openNew(flow: Extract<Flow, { kind: "new" }>): Running {
  const seen: Exchange[] = [];
  const pending = new Set<Promise<void>>();
  let next = 0;
  const attempt = (): Promise<void> =>
    new Promise((resolve) => {
      const from = Date.now();
      const source = flow.sources[next++ % flow.sources.length] ?? "";
      const socket = net.connect({ host: flow.to, port: flow.port, localAddress: source, localPort: freshPort() });
      const end = (rest: Omit<Exchange, "from" | "to">) => {
        clearTimeout(timer);
        seen.push({ from, to: Date.now(), ...rest });
        socket.destroy();
        resolve();
      };
      const timer = setTimeout(() => end({ error: "timeout" }), CONNECT_TIMEOUT);
      socket.once("error", (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message }));
      socket.once("data", (chunk) => end(answerOf(chunk)));
    });
  const halt = steadily(flow.rate, () => {
    const one = attempt().finally(() => pending.delete(one));
    pending.add(one);
  });
  return {
    ready: Promise.resolve(),
    async stop() {
      halt();
      await Promise.all(pending);
    },
    record: (into) => {
      into.news[flow.name] = seen;
    },
  };
}

function openEstablished(flow: Extract<Flow, { kind: "established" }>): Running {
  let stopped = false;
  const all = Array.from({ length: flow.count }, (_, n) =>
    hold(flow, flow.sources[n % flow.sources.length] ?? "", () => stopped),
  );
  return {
    ready: Promise.all(all.map((one) => one.opened)).then(() => {}),
    async stop() {
      stopped = true;
      await Promise.all(all.map((one) => one.ended));
      const repeated = retransmissions(flow.port);
      for (const one of all) one.close(repeated);
    },
    record: (into) => {
      into.connections[flow.name] = all.map((one) => one.connection());
    },
  };
}

function hold(flow: Extract<Flow, { kind: "established" }>, source: string, stopped: () => boolean) {
  const exchanges: Exchange[] = [];
  let repeated = 0;
  let port = 0;
  const begun = Date.now();
  const socket = net.connect({ host: flow.to, port: flow.port, localAddress: source });
  socket.setNoDelay(true);
  const answered = (from: number): Promise<boolean> =>
    new Promise((resolve) => {
      const end = (rest: Omit<Exchange, "from" | "to">) => {
        clearTimeout(timer);
        socket.off("data", heard);
        socket.off("error", failed);
        socket.off("close", closed);
        exchanges.push({ from, to: Date.now(), ...rest });
        resolve(rest.error === undefined);
      };
      const heard = (chunk: Buffer) => end(answerOf(chunk));
      const failed = (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message });
      const closed = () => end({ error: "closed" });
      const timer = setTimeout(() => end({ error: "timeout" }), exchanges.length === 0 ? CONNECT_TIMEOUT : EXCHANGE_TIMEOUT);
      socket.on("data", heard);
      socket.on("error", failed);
      socket.on("close", closed);
    });
  const opened = answered(begun);
  socket.on("error", () => {});
  const ended = opened.then(async (fine) => {
    port = socket.localPort ?? 0;
    while (fine && !stopped()) {
      const from = Date.now();
      const answer = answered(from);
      socket.write("?\n");
      fine = await answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  return {
    opened,
    ended,
    close(counts: ReadonlyMap<number, number>) {
      repeated = counts.get(port) ?? 0;
      socket.destroy();
    },
    connection: (): Connection => ({ port, exchanges, repeated }),
  };
}

/** Local port -> segments sent again so far, for connections to `port` that are still there. */
function retransmissions(port: number): Map<number, number> {
  const { stdout } = spawnSync("ss", ["-tinHO", "state", "established", `( dport = :${port} )`], { encoding: "utf8" });
  return new Map(
    (stdout ?? "").split("\n").flatMap((line): [number, number][] => {
      const local = /:(\d+)\s+\S+:\d+\s/.exec(line)?.[1];
      return local === undefined ? [] : [[Number(local), Number(/retrans:\d+\/(\d+)/.exec(line)?.[1] ?? 0)]];
    }),
  );
}

function sendDatagrams(flow: Extract<Flow, { kind: "datagrams" }>, id: string): Running {
  const times: number[] = [];
  const socket = dgram.createSocket("udp4");
  // A line that is down makes the kernel refuse; what was not seen arriving is counted anyway.
  socket.on("error", () => {});
  let halt = () => {};
  const ready = new Promise<void>((resolve) => {
    socket.bind({ address: flow.source, port: 0 }, () => {
      socket.connect(flow.port, flow.to, () => {
        halt = steadily(flow.rate, () => {
          times.push(Date.now());
          socket.send(`S ${id} ${times.length - 1}`, () => {});
        });
        resolve();
      });
    });
  });
  return {
    ready,
    async stop() {
      halt();
      await new Promise((resolve) => setTimeout(resolve, 100));
      socket.close();
    },
    record: (into) => {
      into.datagrams[flow.name] = times;
    },
  };
}

function open(flow: Flow, id: string): Running {
  if (flow.kind === "new") return openNew(flow);
  if (flow.kind === "established") return openEstablished(flow);
  return sendDatagrams(flow, id);
}

let running: Running[] = [];

async function obey(line: string): Promise<unknown> {
  const { start, id } = JSON.parse(line) as { start?: Flow[]; id?: string };
  if (start !== undefined) {
    running = start.map((flow) => open(flow, id ?? ""));
    await Promise.all(running.map(({ ready }) => ready));
    return {};
  }
  await Promise.all(running.map((one) => one.stop()));
  const sent = { news: {}, connections: {}, datagrams: {} } satisfies Sent;
  for (const one of running) one.record(sent);
  return sent;
}

createInterface({ input: process.stdin })
  .on("line", async (line) => process.stdout.write(`${JSON.stringify(await obey(line))}\n`))
  .on("close", () => process.exit(0));
process.stdout.write("{}\n");
