import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../support/lab-wait.ts";
import { type RunningMonitor, startMonitor } from "../support/monitor.ts";
import { type Namespace, openNamespace } from "../support/namespace.ts";
import { reach } from "./reach.ts";

/** Seconds; the monitor's regular look comes every 30 s, which is later than all that is waited for here. */
const DELAY = 3;
const SOON = { timeout: 20_000 };

/** Tables go by slot: uplinks by name, then groups. */
const [RA, VPN, G] = [2003, 2004, 2005];

let router: Namespace;
let monitor: RunningMonitor;
beforeAll(async () => {
  router = await openNamespace("iptables-nft");
  await router.sh(
    "ip link add eth5 type veth peer name p5; sysctl -q net.ipv6.conf.eth5.accept_ra=2; ip link set eth5 up; ip link set p5 up; ip -6 addr add fe80::5/64 dev eth5 nodad",
  );
  await reach(router, [
    "uplink a interface eth1",
    "uplink a gateway 198.51.100.1",
    "uplink a gateway6 2001:db8:1::1",
    "uplink b interface eth2",
    "uplink b gateway 203.0.113.1",
    "uplink b gateway6 2001:db8:2::1",
    "uplink vpn interface tun0",
    "uplink vpn if-down prohibit",
    "uplink line interface eth5",
    "uplink line gateway6 ra",
    "group g uplink a priority 1",
    "group g uplink b",
    `group g failback-delay ${DELAY}`,
    "rule 10 set group g",
    "rule 20 protocol tcp",
    "rule 20 set uplink vpn",
  ]);
  monitor = await startMonitor(router);
});
afterAll(() => router?.stop());

/** Devices of a table's defaults, the one that is used first; those without a device by their type. */
async function ways(table: number, family: "-4" | "-6" = "-4"): Promise<string> {
  const text = (await router.exec(["ip", family, "route", "show", "table", `${table}`])).stdout;
  const found = [...text.matchAll(/^(?:(\w+) )?default (.*)$/gm)].map(([, type, rest = ""]) => ({
    metric: Number(/\bmetric (\d+)/.exec(rest)?.[1] ?? 0),
    way: type ?? /\bdev (\S+)/.exec(rest)?.[1],
  }));
  return found
    .sort((x, y) => x.metric - y.metric)
    .map(({ way }) => way)
    .join();
}

const goes = (table: number, by: string, family: "-4" | "-6" = "-4") =>
  until(`table ${table} (${family}) by ${by}`, async () => (await ways(table, family)) === by, {
    ...SOON,
    last: async () =>
      `${await router.sh(`ip ${family} route show table ${table}`)}\n${JSON.stringify(await monitor.events())}${monitor.said()}`,
  });

/** No event is on its way that could make the monitor look by chance. */
beforeEach(() => goes(G, "eth1,eth2"));

test("a held member has its traffic back at its time, though nothing happens then", async () => {
  await router.sh("ip link set p1 down");
  await goes(G, "eth2,eth1");
  await router.sh("ip link set p1 up");
  const back = Date.now();
  await goes(G, "eth1,eth2");
  expect(Date.now() - back).toBeGreaterThan((DELAY - 1) * 1000);
});

test("an interface that appears later, goes, and is made anew", async () => {
  expect(await ways(VPN)).toBe("prohibit");
  for (let life = 1; life <= 2; life++) {
    await router.sh("ip tuntap add dev tun0 mode tun; ip addr add 10.99.0.2 peer 10.99.0.1 dev tun0; ip link set tun0 up");
    // A tun device has carrier while a program holds it.
    await goes(VPN, "tun0,prohibit");
    await router.sh("ip link del tun0");
    await goes(VPN, "prohibit");
  }
});

test("an interface that gets another name, and its own again", async () => {
  const downs = async () => (await monitor.events()).filter(({ uplink, kind }) => uplink === "a" && kind === "down").length;
  const before = await downs();
  await router.sh("ip link set eth1 down; ip link set eth1 name lan9; ip link set lan9 up");
  // The kernel empties the tables by itself; the outage is one that the monitor has seen.
  await until("the interface to be missed", async () => (await downs()) > before, SOON);
  await goes(G, "eth2");
  await router.sh(
    "ip link set lan9 down; ip link set lan9 name eth1; ip link set eth1 up; ip -6 addr add 2001:db8:1::2/64 dev eth1 nodad",
  );
  await goes(G, "eth2,eth1");
  await goes(G, "eth1,eth2");
});

test("the last IPv6 address is lost: its default leaves the table, which the kernel alone would keep", async () => {
  await goes(G, "eth1,eth2", "-6");
  await router.sh("ip -6 addr del 2001:db8:1::2/64 dev eth1");
  await goes(G, "eth2", "-6");
  expect(await ways(G)).toBe("eth1,eth2");
  await router.sh("ip -6 addr add 2001:db8:1::2/64 dev eth1 nodad");
  await goes(G, "eth1,eth2", "-6");
});

test("a router advertisement with a default and no network: another router, and none", async () => {
  // The kernel tells of a default that it got from an advertisement with these words and no others.
  const via = async () => /via (\S+)/.exec(await router.sh(`ip -6 route show table ${RA} default`))?.[1] ?? "nobody";
  for (const [change, gateway] of [
    ["ip -6 route add default via fe80::a dev eth5 proto ra metric 2048", "fe80::a"],
    ["ip -6 route change default via fe80::b dev eth5 proto ra metric 2048", "fe80::b"],
    ["ip -6 route del default via fe80::b dev eth5 proto ra metric 2048", "nobody"],
  ] as const) {
    await router.sh(change);
    await until(`${gateway} to be the gateway`, async () => (await via()) === gateway, { ...SOON, last: () => monitor.said() });
  }
});

test("nothing failed meanwhile", async () => {
  expect((await monitor.events()).filter(({ kind }) => kind === "reconcile-failed")).toEqual([]);
});
