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
/** Seconds for all rounds of one kind of failure with one keeper: what is not done by then is not done. */
const BUDGET = 60;
/** The loop takes 5 s and more for each. */
const LOOP_ROUNDS = 5;

/** One failure: packets that were lost on the way there and on the way back, and the longest time without an answer. */
interface Round {
  readonly there: number;
  readonly back: number;
  /** Milliseconds; undefined when nobody left the dead line. */
  readonly outage: number | undefined;
}

/** What is lost and for how long while one provider of two fails, in each way that lines fail, and by whom it is noticed. */
export async function benchFailover(rounds: number): Promise<string> {
  const rows = [["failure", "kept by", "rounds", "lost there", "lost back", "outage ms"]];
  const world = await openFailoverWorld("iptables-nft");
  try {
    await world.apply(CONFIG);
    for (const keeper of [kernelAlone(), withMonitor()]) {
      for (const failure of FAILURES)
        rows.push(await cell(world, keeper, failure, keeper.name === "monitor" || failure.seen ? rounds : 1));
      await keeper.stop(world);
    }
    await world.program(["uninstall"]);
    const loop = pollingLoop();
    for (const failure of FAILURES) rows.push(await cell(world, loop, failure, Math.min(rounds, LOOP_ROUNDS), POLL));
    await loop.stop(world);
  } finally {
    await world.stop();
  }
  return columns(rows);
}

/** Rounds of one failure. `spread`: seconds over which the moments of the failures are spread, evenly. */
async function cell(world: World, keeper: Keeper, failure: Failure, rounds: number, spread = 0): Promise<string[]> {
  const done: Round[] = [];
  const end = Date.now() + BUDGET * 1000;
  for (let i = 0; i < rounds && Date.now() < end; i++) {
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
  // Linux tells of carriers once a second: a second after the last change, so that none waits for its turn.
  const begun = Date.now() + 1000 + wait;
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
