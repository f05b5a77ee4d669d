import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { LoggedEvent } from "../../src/uplink/event.ts";
import { parseLiveness } from "../../src/uplink/liveness.ts";
import { type Lab, startLab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { labFile } from "../support/lab-file.ts";
import { INTERNET } from "../support/lab-map.ts";
import { ROUTER } from "../support/lab-router.ts";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";

/** Seconds. Long enough that a busy machine does not get through it before the test has looked. */
const DELAY = 8;

/** Group web: DSL first, then the second BGP provider. */
const GROUP: readonly string[] = [
  ...readFileSync(labFile("examples/failover/router.config"), "utf8").split("\n"),
  "set policy-route rule 10 destination port 443,5000",
  "set policy-route hook /config/scripts/changed",
].filter((line) => line.startsWith("set "));

const SCRIPT = '#!/bin/sh\necho "$PR_EVENT|$PR_GROUP|$PR_ACTIVE|$PR_REASON" >> /tmp/called\n';

/** Which member has the traffic hangs on metrics of routes and on the monitor's memory, not on what marks the packets: one backend is enough. */
let lab: Lab;
let said = "";
let monitor: ReturnType<Lab["world"]["start"]>;

const router = (...argv: string[]) => lab.must("router", argv);
const open = (id: string) => lab.agent("lan").ask<{ by?: string }>("open", { id, address: INTERNET.ipv4, port: 443 });
const say = (id: string) => lab.agent("lan").ask<{ by?: string; error?: string }>("say", { id });
const goesBy = async () => (await lab.probe("lan", { port: 443, timeout: 300 })).by;
const reaches = (provider: string) =>
  until(`${provider}\n${said}`, async () => (await goesBy()) === provider, { timeout: 20_000 });

async function startMonitor(): Promise<void> {
  monitor = lab.world.start(ROUTER, ["policy-route", "monitor"]);
  monitor.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  // Members are remembered after the first look.
  await until("the first look of the monitor", async () => (await liveness()).flaps.get("dsl")?.outage === "none", {
    last: () => said,
  });
}

async function stopMonitor(): Promise<void> {
  kill(monitor, "SIGTERM");
  await until("the monitor to end", () => monitor.exitCode !== null || monitor.signalCode !== null);
}

async function liveness() {
  return parseLiveness((await lab.exec("router", ["cat", "/run/policy-route/liveness.json"])).stdout);
}

/** Words of the group's events since then, oldest first. */
async function switches(since: number): Promise<string[]> {
  const text = (await lab.exec("router", ["cat", "/run/policy-route/events.jsonl"])).stdout;
  const events = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as LoggedEvent]));
  return events.flatMap(({ kind, group, text, at }) => (kind === "group" && at >= since ? [`${group}: ${text}`] : []));
}

/** Defaults of the group's table for IPv4, the one that is used first; `dead` where the kernel sees no carrier. */
async function ways(): Promise<string[]> {
  const routes = [
    ...(await router("ip", "route", "show", "table", "web")).matchAll(/^default .*dev (\S+) .*metric (\d+)(.*)$/gm),
  ];
  return routes
    .sort((a, b) => Number(a[2]) - Number(b[2]))
    .map(([, device = "", , rest = ""]) => `${device}${rest.includes("linkdown") ? " dead" : ""}`);
}

/** The line is cut, and its return prepared before it is back: the kernel asks nobody. */
async function cut(): Promise<void> {
  await lab.carrier("eth1", "down");
  await reaches("bgp2");
  await until("DSL behind the other member", async () => (await ways()).join() === "eth3,eth1 dead", {
    last: async () => `${await ways()}\n${said}`,
  });
}

beforeAll(async () => {
  lab = await startLab({ prefixes: 20, frontEnd: "iptables-nft" });
  await lab.must("router", ["sh", "-euc", "cat > /config/scripts/changed; chmod 755 /config/scripts/changed"], { stdin: SCRIPT });
}, 60_000);
afterAll(async () => {
  kill(monitor);
  await lab?.stop();
});

/** Every test starts with a line that has no past. */
beforeEach(async () => {
  if (monitor !== undefined && monitor.exitCode === null) await stopMonitor();
  await lab.carrier("eth1", "up");
  await router("sh", "-c", "rm -f /run/policy-route/liveness.json /tmp/called; conntrack -F 2>/dev/null");
});

test("the last IPv6 address is removed, which leaves the kernel its route: the monitor leads IPv6 on, and back", async () => {
  await commit(lab, GROUP);
  await startMonitor();
  const to = INTERNET.ipv6;
  const stream = await lab.stream("lan", { port: 5000, rate: 200, fresh: true, to });
  await until("packets by DSL", async () => (await stream.count()).by.dsl > 100);
  await router("ip", "-6", "addr", "flush", "dev", "eth1", "scope", "global");
  await until("packets by the other", async () => (await stream.count()).by.bgp2 > 100, { last: () => said });
  const { lost, by } = await stream.stop();
  // Within a second, where the machine does nothing else.
  expect(lost).toBeLessThan(3 * 200);
  expect(by.bgp1).toBe(0);
  expect(await goesBy()).toBe("dsl");
  await router("ip", "addr", "add", "2001:db8:51::57/64", "dev", "eth1", "nodad");
  await until("IPv6 by DSL", async () => (await lab.probe("lan", { port: 443, to, timeout: 300 })).by === "dsl");
});

test("failback-delay: DSL has carrier, and its traffic after the delay; what was opened meanwhile stays", async () => {
  const began = Date.now();
  await commit(lab, [...GROUP, `set policy-route group web failback-delay ${DELAY}`]);
  await startMonitor();
  await reaches("dsl");
  await cut();
  expect(await open("outage")).toMatchObject({ by: "bgp2" });
  const stream = await lab.stream("lan", { port: 5000, rate: 200, fresh: true });
  await until("packets", async () => (await stream.count()).by.bgp2 > 50);

  const back = Date.now();
  await lab.carrier("eth1", "up");
  await until("the delay to begin", async () => (await liveness()).held.get("web")?.get("dsl") !== undefined);
  expect(await ways()).toEqual(["eth3", "eth1"]);
  expect(await router("policy-route", "show", "group", "web")).toMatch(/dsl.*held back for \d s/);
  // Sooner than the regular look, every 30 s, would find it.
  await until("a packet by DSL", async () => (await stream.count()).by.dsl > 0, { timeout: 20_000, every: 20 });
  expect(Date.now() - back).toBeGreaterThanOrEqual(DELAY * 1000);
  const count = await stream.stop();
  expect(count.by.bgp1).toBe(0);
  await reaches("dsl");
  expect(await say("outage")).toMatchObject({ by: "bgp2" });
  // Written down after the kernel has changed.
  await until("both events", async () => (await switches(began)).join() === "web: dsl -> two,web: two -> dsl", {
    last: async () => (await switches(began)).join(),
  });
  const called = await until("the calls of the hook", async () => {
    const lines = (await lab.exec("router", ["cat", "/tmp/called"])).stdout
      .split("\n")
      .filter((line) => line.startsWith("group-"));
    return lines.length >= 2 && lines;
  });
  expect(called).toEqual(["group-switched|web|two|dsl -> two", "group-switched|web|dsl|two -> dsl"]);
});

test("failback manual: DSL waits until the operator says so, through a restart of the monitor, which does not take it back", async () => {
  await commit(lab, ["delete policy-route group web failback-delay", "set policy-route group web failback manual"]);
  await startMonitor();
  await reaches("dsl");
  await cut();
  await lab.carrier("eth1", "up");
  await until("DSL to be up", async () => (await ways()).join() === "eth3,eth1");
  await stopMonitor();
  await startMonitor();
  expect(await open("outage")).toMatchObject({ by: "bgp2" });
  expect(await router("policy-route", "show", "group", "web")).toMatch(/dsl.*held back until/);

  const forced = Date.now();
  await router("policy-route", "force", "group", "web", "failback");
  expect(await goesBy()).toBe("dsl");
  expect(await say("outage")).toMatchObject({ by: "bgp2" });
  // An uplink that goes down and comes back makes the monitor look at all members anew.
  await lab.carrier("eth3", "down");
  await until("the other member to be held", async () => (await liveness()).held.get("web")?.has("two"));
  await lab.carrier("eth3", "up");
  await until("the other member to be back", async () => (await liveness()).flaps.get("two")?.outage === "none");
  expect([...((await liveness()).held.get("web")?.keys() ?? [])]).toEqual(["two"]);
  expect(await goesBy()).toBe("dsl");
  expect(await switches(forced)).toEqual(["web: two -> dsl"]);
});

test("an outage that is over before the monitor has looked is one all the same", async () => {
  await startMonitor();
  const log = async () => (await lab.exec("router", ["cat", "/run/policy-route/events.jsonl"])).stdout;
  let began = 0;
  const brief = async () => {
    await reaches("dsl");
    began = Date.now();
    await lab.must("dslam", ["sh", "-c", "ip link set line down; sleep 0.02; ip link set line up"]);
    const missed = async () => (await log()).includes("link lost for a moment");
    if (await until("the event", missed, { timeout: 3000 }).catch(() => false)) return true;
    // The kernel passes over some that are shorter than its queue is long, and the monitor may look just then.
    await lab.exec("router", ["policy-route", "force", "group", "web", "failback"]);
    return false;
  };
  await until("an outage that the kernel has seen, and no look", brief, { timeout: 40_000, last: log });
  await reaches("bgp2");
  expect(await open("after")).toMatchObject({ by: "bgp2" });
  await until("the event", async () => (await switches(began)).join() === "web: dsl -> two", { last: log });
  await router("policy-route", "force", "group", "web", "failback");
  await reaches("dsl");
  expect(await say("after")).toMatchObject({ by: "bgp2" });
});

test("hold-down: an uplink with probes whose link was lost, too briefly for a verdict", async () => {
  await commit(lab, [
    "delete policy-route group web failback",
    "set policy-route uplink dsl health target gateway",
    "set policy-route uplink dsl health interval 60",
    `set policy-route uplink dsl health hold-down ${DELAY}`,
  ]);
  await startMonitor();
  await reaches("dsl");
  await cut();
  expect(await open("outage")).toMatchObject({ by: "bgp2" });
  const back = Date.now();
  await lab.carrier("eth1", "up");
  await until("DSL by itself", async () => (await goesBy()) === "dsl", { timeout: 20_000, last: () => said });
  expect(Date.now() - back).toBeGreaterThanOrEqual(DELAY * 1000);
  expect(await say("outage")).toMatchObject({ by: "bgp2" });
  expect((await liveness()).health.get("dsl")?.verdict).not.toBe("down");
});
