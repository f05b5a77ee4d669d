import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { INTERNET, SETUP } from "../support/lab-map.ts";
import { ROUTER } from "../support/lab-router.ts";
import { DSL } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";

/** Seconds, as configured below. */
const [FAILURES, SUCCESSES, HOLD_DOWN] = [2, 2, 4];

const HEALTH: readonly string[] = [
  "set policy-route hook /config/scripts/changed",
  "set policy-route hook-timeout 2",
  "set policy-route uplink dsl health target gateway",
  `set policy-route uplink dsl health target ${INTERNET.ipv4} type tcp`,
  `set policy-route uplink dsl health target ${INTERNET.ipv4} port 443`,
  "set policy-route uplink dsl health interval 1",
  `set policy-route uplink dsl health failure-count ${FAILURES}`,
  `set policy-route uplink dsl health success-count ${SUCCESSES}`,
  `set policy-route uplink dsl health hold-down ${HOLD_DOWN}`,
];

/** Notes what it is told, then hangs with a child of its own: it has to be killed, and nobody may wait for it. */
const SCRIPT = `#!/bin/sh
read -r line
echo "$PR_EVENT|$PR_UPLINK|$PR_INTERFACE|$PR_GATEWAY|$PR_REASON|$line" >> /tmp/called
sleep 1000 &
echo "$!" >> /tmp/children
wait
`;

/** Probes and the hook follow routes and ip rules; what marks the packets of the LAN has no part in them: one backend is enough. */
let lab: Lab;
let said = "";
let monitor: ReturnType<Lab["world"]["start"]>;

function startMonitor(): void {
  monitor = lab.world.start(ROUTER, ["policy-route", "monitor"]);
  monitor.stderr?.on("data", (chunk) => {
    said += chunk;
  });
}

interface Event {
  readonly at: number;
  readonly uplink?: string;
  readonly kind: string;
  readonly text: string;
}

async function events(): Promise<Event[]> {
  const text = (await lab.exec("router", ["cat", "/run/policy-route/events.jsonl"])).stdout;
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Event);
}

function eventOf(kind: string, after = 0): Promise<Event> {
  const look = async () => (await events()).find((event) => event.kind === kind && event.at > after);
  return until(`the event ${kind}`, look, { timeout: 30_000, last: async () => `${JSON.stringify(await events())}\n${said}` });
}

const goesBy = async (): Promise<string | undefined> => (await lab.probe("lan", { port: 443, timeout: 300 })).by;

async function called(): Promise<string[]> {
  return (await lab.exec("router", ["cat", "/tmp/called"])).stdout.split("\n").filter((line) => line !== "");
}

/** The provider's gateway falls silent behind a switch: the router keeps its carrier. */
async function gateway(host: "dsl" | "dsl2", state: "up" | "down"): Promise<void> {
  await lab.must(host, ["ip", "link", "set", "eth0", state]);
  if (state === "up") await lab.exec(host, ["ip", "-force", "-batch", "-"], { stdin: `${SETUP[host].join("\n")}\n` });
}

/** Processes of the script that was called last. */
const ALIVE = "for pid in $(tail -n 1 /tmp/children); do kill -0 $pid 2>/dev/null && echo alive; done; true";

beforeAll(async () => {
  lab = await startLab({ prefixes: 20 });
  await lab.must("router", ["sh", "-euc", "cat > /config/scripts/changed; chmod 755 /config/scripts/changed"], { stdin: SCRIPT });
  await commit(lab, [...DSL, ...HEALTH]);
  startMonitor();
}, 60_000);
afterAll(async () => {
  kill(monitor);
  await lab.stop();
});

test("a gateway that falls silent is left in time, and taken again when it answers and the hold-down is over", async () => {
  const overview = () => lab.must("router", ["policy-route", "show"]);
  await until("the first verdict", async () => (await overview()).includes("2/2 ok"), {
    last: async () => `${await overview()}${said}`,
  });
  expect(await goesBy()).toBe("dsl");

  const silent = Date.now();
  await gateway("dsl", "down");
  const down = await eventOf("down");
  // failure-count x interval + timeout, and what a busy machine takes to tell and to follow.
  expect(down.at - silent).toBeLessThan((FAILURES * 1 + 1) * 1000 + 3000);
  expect(down).toMatchObject({ uplink: "dsl", text: `2 of 2 targets failed: ${INTERNET.ipv4} timeout, gateway timeout` });
  await until("the way by BGP", async () => (await goesBy()) === "bgp1");
  expect(await overview()).toMatch(/^dsl .* down .* 0\/2 ok$/m);
  const detail = (await lab.must("router", ["policy-route", "show", "uplink", "dsl"])).replaceAll(/\n {2,}/g, " ");
  expect(detail).toMatch(/Health +down since .*, 2 of 2 targets failed: .*, held down until .*; 1 of 2 targets have to answer/);

  // They go on asking by the line that nobody uses.
  const line = await lab.capture("dslam", "line", "arp or icmp or tcp port 443");
  await until("probes on the dead line", () => line.lines().length > 2, { last: () => said });
  await line.stop();

  await gateway("dsl", "up");
  const up = await eventOf("up", down.at);
  // Events are written down by the reconcile that follows; without a hold-down it would be half of that.
  expect(up.at - down.at).toBeGreaterThan((HOLD_DOWN - 1) * 1000);
  await until("the way by DSL", async () => (await goesBy()) === "dsl");
  // One target is enough for the uplink, so the other may be told of later.
  for (const says of [/^gateway failed: timeout$/, /^gateway answers again: [\d.]+ ms$/])
    await until(`${says}`, async () => (await events()).some(({ kind, text }) => kind === "health" && says.test(text)));
});

test("the operator's script is told, once each, and killed with its children", async () => {
  const calls = await until("both calls", async () => {
    const lines = await called();
    return lines.some((line) => line.startsWith("uplink-up|")) && lines;
  });
  const of = (event: string) => calls.filter((line) => line.startsWith(`${event}|`)).map((line) => line.split("|"));
  expect(of("uplink-down").length).toBe(1);
  expect(of("uplink-up").length).toBe(1);
  const [, uplink, device, gatewayOf, reason, json] = of("uplink-down")[0] ?? [];
  expect([uplink, device, gatewayOf, reason]).toEqual([
    "dsl",
    "eth1",
    "198.51.100.1",
    `2 of 2 targets failed: ${INTERNET.ipv4} timeout, gateway timeout`,
  ]);
  expect(JSON.parse(json ?? "")).toEqual({
    event: "uplink-down",
    uplink,
    interface: device,
    gateway: gatewayOf,
    address: expect.stringMatching(/^198\.51\.100\./),
    reason,
  });
  await until("the script's children to be killed", async () => (await lab.must("router", ["sh", "-c", ALIVE])) === "");
});

test("a commit tells the script too and does not wait for it, nor does the monitor tell it again", async () => {
  const before = (await called()).length;
  await commit(lab, ["set policy-route uplink dsl gateway 198.51.100.254"]);
  const isCalled = async () => (await called()).some((line) => line.startsWith("gateway-changed|dsl|eth1|198.51.100.254|"));
  await until("the call", isCalled);
  await until("the script at work after the commit", async () => (await lab.must("router", ["sh", "-c", ALIVE])) !== "");
  await until("its end", async () => (await lab.must("router", ["sh", "-c", ALIVE])) === "");
  await lab.must("router", ["policy-route", "restart"]);
  expect((await called()).slice(before).map((line) => line.split("|")[0])).toEqual(["gateway-changed"]);
});

test("a verdict outlives the monitor, its probes do not", async () => {
  const began = Date.now();
  await gateway("dsl2", "down");
  const down = await eventOf("down", began);
  kill(monitor, "SIGTERM");
  await until("the monitor to end", () => monitor.exitCode !== null || monitor.signalCode !== null);
  const running = await lab.exec("router", ["sh", "-c", "ps -eo args | grep -E '^(ping|socat|/config)' | grep -v grep"]);
  expect(running.stdout).toBe("");
  await lab.must("router", ["policy-route", "restart"]);
  expect(await goesBy()).toBe("bgp1");
  startMonitor();
  await gateway("dsl2", "up");
  const up = await eventOf("up", down.at);
  // Events are written down by the reconcile that follows; without a hold-down it would be half of that.
  expect(up.at - down.at).toBeGreaterThan((HOLD_DOWN - 1) * 1000);
  await until("the way by DSL", async () => (await goesBy()) === "dsl2");
  expect((await events()).filter(({ kind, at }) => kind === "down" && at > began).length).toBe(1);
});
