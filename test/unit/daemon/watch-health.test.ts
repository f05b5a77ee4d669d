import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assignSlots } from "../../../src/compile/assign-slots.ts";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Context } from "../../../src/context.ts";
import { HealthWatch, type Probed } from "../../../src/daemon/watch-health.ts";
import type { Host, Output } from "../../../src/host/host.ts";
import { pathsBelow } from "../../../src/paths.ts";
import type { PolicyEvent } from "../../../src/uplink/event.ts";
import { parseProbes } from "../../../src/uplink/health-file.ts";
import { parseLiveness } from "../../../src/uplink/liveness.ts";
import { resolveUplinks } from "../../../src/uplink/resolve-uplinks.ts";
import { readFacts } from "../../support/read-facts.ts";
import { memoryHost } from "../uplink/memory-host.ts";

// The files are in memory, and nobody else has them.
vi.mock("../../../src/host/lock.ts", () => ({ takeLock: async () => () => {} }));

const paths = pathsBelow("");
const FACTS = "link eth1 up 198.51.100.7/24\nlink eth2 up 192.0.2.7/24";
const LINES = `
  uplink a interface eth1
  uplink a gateway 198.51.100.1
  uplink a health target gateway
  uplink a health failure-count 2
  uplink b interface eth2
  uplink b gateway 192.0.2.1
  uplink b health target gateway
  uplink b health interval 10
  uplink b health timeout 10`;

function settled(lines = LINES, text = FACTS): Probed {
  const commands = lines.replaceAll(/^ *(?=u)/gm, "set policy-route ");
  const config = parseConfig(parseSetCommands(commands).children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const facts = readFacts(text);
  return { config, uplinks: resolveUplinks(config, facts).uplinks, slots: assignSlots(config, facts.slots) };
}

const FAILED: Output = { exitCode: 1, stdout: "", stderr: "" };
const ANSWERED: Output = { exitCode: 0, stdout: "rtt min/avg/max/mdev = 1/2.5/3/0 ms", stderr: "" };

/** What is there as long as something is configured. */
const CONFIGURED = { [paths.applied]: "set policy-route ..." };

/** A watch whose pings end as `answer` says; `asked` counts them, `running` those under way. */
function make(answer: (address: string) => Promise<Output>, files: Record<string, string> = { ...CONFIGURED }) {
  const asked: Record<string, number> = {};
  const running = { now: 0, most: 0 };
  const told: { verdict: boolean; events: readonly PolicyEvent[] }[] = [];
  const host: Host = {
    ...memoryHost(files).host,
    async run(argv, options) {
      const address = argv.at(-1) ?? "";
      asked[address] = (asked[address] ?? 0) + 1;
      running.now++;
      running.most = Math.max(running.most, running.now);
      const aborted = new Promise<Output>((resolve) => options?.signal?.addEventListener("abort", () => resolve(FAILED)));
      const output = await Promise.race([answer(address), aborted]);
      running.now--;
      return output;
    },
    now: () => Date.now(),
  };
  const context: Context = { host, paths, env: {}, out: () => {}, err: () => {} };
  const watch = new HealthWatch(context, (change) => told.push(change));
  return { watch, asked, running, told, files };
}

const [A, B] = ["198.51.100.1", "192.0.2.1"];
const never = () => new Promise<Output>(() => {});
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("probing", () => {
  it("asks each uplink at its own pace: one that hangs delays nobody, and nothing piles up", async () => {
    const { watch, asked, running } = make((address) => (address === A ? Promise.resolve(ANSWERED) : never()));
    await watch.follow(settled());
    await seconds(30);
    expect(asked).toEqual({ [A]: 11, [B]: 1 });
    expect(running.most).toBe(2);
    watch.stop();
    await seconds(30);
    expect(asked).toEqual({ [A]: 11, [B]: 1 });
    expect(running.now).toBe(0);
  });

  it("leaves verdicts for every reconcile, and tells when one changed", async () => {
    let answers = ANSWERED;
    const { watch, told, files } = make(async () => answers);
    await watch.follow(settled());
    await seconds(0);
    expect(told.filter(({ verdict }) => verdict).length).toBe(2);
    answers = FAILED;
    await seconds(6);
    expect(parseLiveness(files[paths.liveness]).health.get("a")).toEqual({
      verdict: "down",
      reason: "1 of 1 target failed: gateway timeout",
      since: 1_800_000_006,
    });
    expect(told.at(-1)).toEqual({ verdict: true, events: [{ uplink: "a", kind: "health", text: "gateway failed: timeout" }] });
    expect(parseProbes(files[paths.probes]).get("a")?.heldUntil).toBe(1_800_000_016);
    watch.stop();
    expect(parseLiveness(files[paths.liveness]).health.get("a")?.verdict).toBe("down");
  });

  it("goes on with what an earlier run knew, and forgets what is not configured any more", async () => {
    const first = make(async () => FAILED);
    await first.watch.follow(settled());
    await seconds(6);
    first.watch.stop();
    const { watch, files, told } = make(never, first.files);
    await watch.follow(settled());
    await seconds(1);
    expect(parseLiveness(files[paths.liveness]).health.get("a")).toMatchObject({ verdict: "down", since: 1_800_000_003 });
    expect(told).toEqual([]);
    await watch.follow(settled(LINES.replaceAll(/^ *uplink a health.*$/gm, "")));
    expect([...parseLiveness(files[paths.liveness]).health.keys()]).toEqual(["b"]);
    await watch.follow(undefined);
    expect(files[paths.probes]).toBeUndefined();
    expect(parseLiveness(files[paths.liveness]).health.size).toBe(0);
  });

  it("does not ask over a line that is not there, and asks at once when it is back", async () => {
    const { watch, asked, files } = make(async () => ANSWERED);
    await watch.follow(settled(LINES, FACTS.replace("eth2 up", "eth2 no-carrier")));
    await seconds(21);
    expect(asked[B]).toBeUndefined();
    expect(parseProbes(files[paths.probes]).get("b")).toMatchObject({
      verdict: "down",
      reason: "1 of 1 target failed: gateway no carrier",
    });
    await watch.follow(settled());
    expect(asked[B]).toBe(1);
    watch.stop();
  });

  it("keeps the rest of what the monitor knows", async () => {
    const held = JSON.stringify({ health: {}, held: { web: { a: null } } });
    const { watch, files } = make(async () => ANSWERED, { ...CONFIGURED, [paths.liveness]: held });
    await watch.follow(settled());
    await seconds(0);
    expect([...(parseLiveness(files[paths.liveness]).held.get("web") ?? [])]).toEqual([["a", undefined]]);
    watch.stop();
  });

  it("leaves no file when the last configuration is deleted while a round is under way", async () => {
    let answer: (output: Output) => void = () => {};
    const asked = new Promise<Output>((resolve) => {
      answer = resolve;
    });
    const { watch, files } = make(() => asked);
    await watch.follow(settled());
    for (const path of Object.keys(files)) delete files[path];
    answer(ANSWERED);
    await seconds(0);
    expect(files).toEqual({});
    watch.stop();
  });
});
