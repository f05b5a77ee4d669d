import { until } from "../support/lab-wait.ts";
import { columns, medianAndWorst } from "./columns.ts";
import {
  CONFIG,
  FAILURES,
  type Failure,
  type Keeper,
  kernelAlone,
  openFailoverWorld,
  POLL,
  PORT,
  pollingLoop,
  restore,
  SERVER,
  type World,
  withMonitor,
} from "./failover-world.ts";

/** Datagrams per second in each direction, each from a port of its own: new connections, as those that exist may stay where they were. */
const RATE = 1000;
/** Seconds after which a line that nobody has left is given up on. */
const PATIENCE = 12;
/** Seconds for the whole table: what is not done by then is not done, but for one round of each. */
const BUDGET = 540;
/** The loop takes 5 s and more for each. */
const LOOP_ROUNDS = 4;

/** One failure: packets that were lost on the way there and on the way back, and the longest time without an answer. */
interface Round {
  readonly there: number;
  readonly back: number;
  /** Milliseconds; undefined when nobody left the dead line. */
  readonly outage: number | undefined;
}

/** Rounds of one kind of failure with one keeper. `seconds`: what a round takes, about; `spread`: over which the moments of the failures are spread. */
interface Cell {
  readonly keeper: Keeper;
  readonly failure: Failure;
  readonly rounds: number;
  readonly seconds: number;
  readonly spread: number;
}

/** What is lost and for how long while one provider of two fails, in each way that lines fail, and by whom it is noticed. */
export async function benchFailover(rounds: number): Promise<string> {
  const rows = [["failure", "kept by", "rounds", "lost there", "lost back", "outage ms"]];
  const [alone, monitor, loop] = [kernelAlone(), withMonitor(), pollingLoop()];
  const cells = [
    ...FAILURES.map((failure): Cell => {
      return { keeper: alone, failure, rounds: failure.seen ? rounds : 1, seconds: failure.seen ? 2 : PATIENCE, spread: 0 };
    }),
    ...FAILURES.map((failure): Cell => ({ keeper: monitor, failure, rounds, seconds: failure.seen ? 2 : 5, spread: 0 })),
    ...FAILURES.map((failure): Cell => {
      return { keeper: loop, failure, rounds: Math.min(rounds, LOOP_ROUNDS), seconds: POLL + 2, spread: POLL };
    }),
  ];
  const end = Date.now() + BUDGET * 1000;
  const world = await openFailoverWorld("iptables-nft");
  try {
    await world.apply(CONFIG);
    let before: Keeper | undefined;
    for (const [i, one] of cells.entries()) {
      if (before !== one.keeper) await before?.stop(world);
      if (before !== one.keeper && one.keeper === loop) await world.program(["uninstall"]);
      before = one.keeper;
      // Of the time that is left, what it needs beside those that come after it.
      const left = cells.slice(i).reduce((sum, { rounds, seconds }) => sum + rounds * seconds, 0);
      rows.push(await measure(world, one, Date.now() + ((end - Date.now()) * one.rounds * one.seconds) / left));
    }
    await before?.stop(world);
  } finally {
    await world.stop();
  }
  return columns(rows);
}

async function measure(world: World, { keeper, failure, rounds, spread }: Cell, end: number): Promise<string[]> {
  const done: Round[] = [];
  for (let i = 0; i < rounds && (i === 0 || Date.now() < end); i++) {
    await keeper.start(world);
    done.push(await round(world, failure, ((i + 0.5) / rounds) * spread * 1000));
    await restore(world, failure);
    await keeper.mended(world);
  }
  const outages = done.flatMap(({ outage }) => outage ?? []);
  const outage = outages.length < done.length ? `not left in ${PATIENCE} s` : medianAndWorst(outages);
  const lost = (of: "there" | "back") => medianAndWorst(done.map((one) => one[of]));
  return [failure.name, keeper.name, `${done.length}`, lost("there"), lost("back"), outage];
}

async function round(world: World, failure: Failure, wait: number): Promise<Round> {
  const to = { protocol: "udp", to: SERVER, port: PORT, timeout: 300 } as const;
  await until("provider a", async () => (await world.probe("lan", to)).by === "a", { timeout: 30_000 });
  // A port that a connection by b had in the round before would go there again.
  await world.sh("router", "conntrack -F 2>/dev/null");
  const stream = await world.stream("lan", ["a", "b"], { to: SERVER, port: PORT, rate: RATE, fresh: true, echo: true });
  const answersAfter = async (time: number) => [...(await stream.count()).answers.values()].filter((at) => at > time).length;
  // Linux tells of carriers once a second: a second after the last change, so that this one need not wait for its turn.
  const begun = Date.now() + (failure.name === "carrier loss" ? 1000 : 0) + wait;
  await until("a stream by a", async () => (await answersAfter(begun)) > 100, { timeout: 30_000 });
  const failed = performance.timeOrigin + performance.now();
  await failure.fail(world);
  let left = true;
  try {
    await until("packets by b", async () => (await stream.count()).by.b > 200, { timeout: PATIENCE * 1000, every: 100 });
  } catch {
    left = false;
  }
  const { sent, lost, answers } = await stream.stop();
  const times = [...answers.values()].sort((a, b) => a - b);
  const gaps = times.map((at, i) => (at < failed ? 0 : at - (times[i - 1] ?? at)));
  return { there: lost, back: sent - lost - answers.size, outage: left ? Math.max(0, ...gaps) : undefined };
}
