import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LoggedEvent } from "../../src/uplink/event.ts";
import { type Lab, startLab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { INTERNET } from "../support/lab-map.ts";
import { ROUTER } from "../support/lab-router.ts";
import { DSL } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";

/** Port 8443 by a PPP session or not at all. */
const PPP: readonly string[] = [
  "set policy-route uplink ppp interface ppp0",
  "set policy-route uplink ppp gateway ppp",
  "set policy-route uplink ppp source-nat masquerade",
  "set policy-route uplink ppp if-down prohibit",
  "set policy-route rule 30 protocol tcp",
  "set policy-route rule 30 destination port 8443",
  "set policy-route rule 30 set uplink ppp",
];

/** A lease that is over soon, in seconds; and the same by another gateway, which is the one from the first test on. */
const SHORT = { renew: 2, rebind: 4, lease: 6 };
const MOVED = { ...SHORT, routers: ["198.51.100.254", "198.51.100.1"] };

/** What is followed here are addresses, leases and sessions: facts that every backend is handed alike, so one is enough. */
let lab: Lab;
let said = "";
let monitor: ChildProcess;

const router = (...argv: string[]) => lab.must("router", argv);
const asked = (port: number) => lab.probe("lan", { port, timeout: 300 });
const goes = (port: number, by: string | undefined, timeout = 20_000) =>
  until(`port ${port} by ${by}`, async () => (await asked(port)).by === by, {
    timeout,
    last: async () => `${await router("ip", "route", "show", "table", "20")}\n${JSON.stringify(await events(0))}\n${said}`,
  });

async function events(since: number): Promise<LoggedEvent[]> {
  const text = (await lab.exec("router", ["cat", "/run/policy-route/events.jsonl"])).stdout;
  return text.split("\n").flatMap((line) => {
    const event = line === "" ? undefined : (JSON.parse(line) as LoggedEvent);
    return event === undefined || event.at < since ? [] : [event];
  });
}

/** Kinds of what was written down of an uplink since then, oldest first, once there are as many. */
async function kinds(uplink: string, since: number, wanted: readonly string[]): Promise<void> {
  const all = async () => (await events(since)).filter((event) => event.uplink === uplink);
  // A new lease may be another address as well.
  const counts = async () => (await all()).map(({ kind }) => kind).filter((kind) => kind !== "address");
  await until(`events ${wanted}`, async () => (await counts()).join() === wanted.join(), {
    last: async () => `${JSON.stringify(await all())}\n${said}`,
  });
}

beforeAll(async () => {
  lab = await startLab({ prefixes: 20, frontEnd: "iptables-nft", offer: SHORT });
  await commit(lab, [...DSL, ...PPP]);
  monitor = lab.world.start(ROUTER, ["policy-route", "monitor"]);
  monitor.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  await until(
    "the monitor",
    async () => (await lab.exec("router", ["test", "-e", "/run/policy-route/monitor.pid"])).exitCode === 0,
  );
  await goes(443, "dsl");
}, 60_000);
afterAll(async () => {
  kill(monitor);
  await lab?.stop();
});

test("renewals that change nothing are no events; one with another gateway is one, and connections stay", async () => {
  const began = Date.now();
  expect(await lab.agent("lan").ask("open", { id: "old", address: INTERNET.ipv4, port: 443 })).toMatchObject({ by: "dsl" });
  const translated = () => router("conntrack", "-L", "-p", "tcp", "--dport", "443", "--state", "ESTABLISHED");
  const before = /sport=(\d+) dport=443/.exec(await translated())?.[1];
  expect(before).toBeDefined();
  const knocks = await lab.knock("lan", { port: 443, rate: 50 });
  const renewals = async () => (await lab.dhcp.reasons()).filter((reason) => reason === "RENEW").length;
  const first = await renewals();
  await until("a renewal", async () => (await renewals()) > first, { timeout: 15_000 });
  expect(await events(began)).toEqual([]);

  await lab.dhcp.serve(MOVED);
  await until("the new gateway", async () => ((await knocks.count()).by["dsl2"] ?? 0) > 50, { timeout: 15_000 });
  const count = await knocks.stop();
  expect(count.errors).toEqual({});
  expect(count.by["bgp1"] ?? 0).toBe(0);
  // The address is the same: what was translated to it stays, and goes by the new gateway.
  expect(await translated()).toContain(`sport=${before} dport=443`);
  await kinds("dsl", began, ["gateway"]);
});

test("server gone: the lease ends, the line is left; it is back: the line too", async () => {
  const began = Date.now();
  lab.dhcp.stopServer();
  await goes(443, "bgp1", 30_000);
  await lab.dhcp.serve(MOVED);
  await goes(443, "dsl2", 30_000);
  await kinds("dsl", began, ["down", "up"]);
});

test("release, and a new lease", async () => {
  const began = Date.now();
  await lab.dhcp.release();
  await goes(443, "bgp1");
  await lab.dhcp.startClient();
  await goes(443, "dsl2");
  await kinds("dsl", began, ["down", "up"]);
});

test("the client is killed without a word, and the address goes: the monitor needs no hook", async () => {
  const began = Date.now();
  lab.dhcp.killClient();
  await router("ip", "-4", "addr", "flush", "dev", "eth1");
  await kinds("dsl", began, ["down"]);
  expect((await asked(443)).by).toBe("bgp1");
  await lab.dhcp.startClient();
  await goes(443, "dsl2");
});

/** Of the frames of a session; one of its own for each. */
let lastPort = 7776;

/** A PPP session: a tun device as long as the programs at both ends run. Frames go over eth3, as they would over a telephone line. */
async function dial(local: string, peer: string): Promise<{ up(): Promise<void>; hangUp(): Promise<void> }> {
  const port = ++lastPort;
  // Not connected: one end is there first, and must not mind that the other refuses.
  const tun = (name: string, from: string, to: string) => [
    "socat",
    `TUN,tun-name=${name},iff-no-pi,iff-up`,
    `UDP4-DATAGRAM:${to}:${port},bind=${from}:${port}`,
  ];
  const [far, near] = [
    lab.world.start({ netns: "bgp2" }, tun("pppd0", "192.0.2.5", "192.0.2.6")),
    lab.world.start(ROUTER, tun("ppp0", "192.0.2.6", "192.0.2.5")),
  ];
  let words = "";
  for (const end of [far, near])
    end.stderr?.on("data", (chunk) => {
      words += chunk;
    });
  const has = async (host: "bgp2" | "router", name: string) =>
    (await lab.exec(host, ["ip", "link", "show", name])).exitCode === 0;
  const there = async (host: "bgp2" | "router", name: string, own: string, other: string) => {
    await until(name, () => has(host, name), { last: () => words });
    await lab.must(host, ["ip", "addr", "add", own, "peer", other, "dev", name]);
  };
  await there("bgp2", "pppd0", peer, local);
  await there("router", "ppp0", local, peer);
  const hook = (event: string) =>
    router("sh", "-c", `exec /etc/ppp/${event}.d/policy-route ppp0 /dev/ttyS0 115200 ${local} ${peer} ''`);
  return {
    up: async () => void (await hook("ip-up")),
    async hangUp() {
      kill(near);
      kill(far);
      await until("both ends to be gone", async () => !(await has("router", "ppp0")) && !(await has("bgp2", "pppd0")));
      await hook("ip-down");
    },
  };
}

test("a PPP session that is dialled again, with another peer and another address", async () => {
  const began = Date.now();
  const first = await dial("10.64.0.2", "10.64.0.1");
  await first.up();
  await goes(8443, "bgp2");
  expect((await asked(8443)).source).toBe("10.64.0.2");
  await kinds("ppp", began, ["up"]);

  const leak = await lab.capture("bgp1", "eth0", "tcp port 8443");
  await first.hangUp();
  await goes(8443, undefined);
  await kinds("ppp", began, ["up", "down"]);

  const second = await dial("10.77.3.9", "10.77.0.1");
  await second.up();
  await goes(8443, "bgp2");
  expect((await asked(8443)).source).toBe("10.77.3.9");
  expect(await router("ip", "rule", "show")).toMatch(/from 10\.77\.3\.9 lookup/);
  expect(await router("ip", "rule", "show")).not.toMatch(/from 10\.64\.0\.2/);
  await second.hangUp();
  await goes(8443, undefined);

  // No hook is called: the device is enough for the monitor.
  await dial("10.78.3.9", "10.78.0.1");
  await goes(8443, "bgp2");
  expect(await leak.stop()).toEqual([]);
});

test("nothing failed meanwhile", async () => {
  expect((await events(0)).filter(({ kind }) => kind === "reconcile-failed")).toEqual([]);
});
