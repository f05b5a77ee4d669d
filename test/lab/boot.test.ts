import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { type InstalledRouter, installRouter } from "../support/installed-router.ts";
import { INTERNET } from "../support/lab-map.ts";
import { makePppLine, type PppLine } from "../support/lab-ppp.ts";
import { until } from "../support/lab-wait.ts";
import type { RunningMonitor } from "../support/monitor.ts";
import { EVERYWHERE, provider } from "../support/provider.ts";
import { openWiredWorld, type WiredMap, type WiredWorld } from "../support/wired-world.ts";

const EVERYWHERE_6 = `addr add ${INTERNET.ipv6}/128 dev lo`;
const SERVES = Object.values(INTERNET);

/** Main's default is by `other`, which every steered packet would take that leaks. dsl has an address when DHCP says so, ppp0 is not there. */
const MAP: WiredMap<"router" | "lan" | "dsl" | "bras" | "other"> = {
  wires: [
    ["router", "eth0", "lan", "eth0"],
    ["router", "eth1", "dsl", "eth0"],
    ["router", "eth3", "other", "eth0"],
  ],
  hosts: {
    router: {
      setup: [
        "addr add 192.168.188.1/24 dev eth0",
        "addr add 2001:db8:a::1/64 dev eth0 nodad",
        "addr add 100.64.3.2/24 dev eth3",
        "addr add 2001:db8:3::2/64 dev eth3 nodad",
        "route add default via 100.64.3.1",
        "route add default via 2001:db8:3::1",
      ],
    },
    lan: {
      setup: [
        "addr add 192.168.188.10/24 dev eth0",
        "addr add 2001:db8:a::10/64 dev eth0 nodad",
        "route add default via 192.168.188.1",
        "route add default via 2001:db8:a::1",
      ],
    },
    dsl: {
      setup: [
        ...provider("198.51.100.1").setup,
        EVERYWHERE_6,
        "addr add fe80::51/64 dev eth0 nodad",
        "addr add 2001:db8:51::1/64 dev eth0 nodad",
      ],
      serves: SERVES,
    },
    bras: { setup: EVERYWHERE, serves: [INTERNET.ipv4] },
    other: {
      setup: [
        ...provider("100.64.3.1", "route add 192.168.188.0/24 via 100.64.3.2").setup,
        EVERYWHERE_6,
        "addr add 2001:db8:3::1/64 dev eth0 nodad",
        "route add 2001:db8:a::/64 via 2001:db8:3::2",
      ],
      serves: SERVES,
    },
  },
};

const CONFIG: readonly string[] = [
  "uplink dsl interface eth1",
  "uplink dsl gateway dhcp",
  "uplink dsl gateway6 ra",
  "uplink dsl if-down prohibit",
  "uplink dsl source-nat masquerade",
  "uplink ppp interface ppp0",
  "uplink ppp gateway ppp",
  "uplink ppp if-down blackhole",
  "uplink ppp source-nat masquerade",
  "rule 10 protocol tcp",
  "rule 10 destination port 443",
  "rule 10 set uplink dsl",
  "rule 20 protocol tcp",
  "rule 20 destination port 8443",
  "rule 20 set uplink ppp",
].map((line) => `set policy-route ${line}`);

/** What guards port 443 where no uplink has a kill switch of its own. */
const OTHER_GUARDS: Readonly<Record<string, readonly string[]>> = {
  "the kill switch of a group": [
    "uplink dsl interface eth1",
    "uplink dsl gateway dhcp",
    "uplink ppp interface ppp0",
    "uplink ppp gateway ppp",
    "group lines uplink dsl priority 10",
    "group lines uplink ppp priority 20",
    "group lines if-down prohibit",
    "rule 10 set group lines",
  ],
  "a rule that refuses": ["rule 10 action prohibit"],
  "a rule that drops": ["rule 10 action drop"],
};

const WARNINGS: readonly string[] = [
  "uplink dsl: no DHCP lease on eth1 yet",
  "uplink dsl: no router advertisement on eth1",
  "uplink ppp: interface ppp0 does not exist yet",
];

/** What a reboot takes away: all that the kernel had of us, and /run. Files stay. */
const REBOOT = `
ip rule flush; ip -6 rule flush; for family in -4 -6; do ip $family rule add pref 32766 lookup main; done; ip rule add pref 32767 lookup default
for family in -4 -6; do ip $family route show table all proto 157 | while read -r route; do ip $family route del $route || true; done; done
nft flush ruleset; for tool in iptables ip6tables; do for table in raw mangle nat; do $tool -t $table -F; $tool -t $table -X; done; done
conntrack -F 2>/dev/null || true; rm -rf /run/policy-route`;

describe.each(FRONT_ENDS)("boot (%s)", (frontEnd) => {
  let world: WiredWorld<keyof typeof MAP.hosts>;
  let router: InstalledRouter;
  let ppp: PppLine;
  let monitor: RunningMonitor | undefined;
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, MAP);
    router = await installRouter(world);
    ppp = makePppLine(world.world, router, "ppp0", "bras");
    for (const to of SERVES) expect(await ask(443, to), to).toMatchObject({ by: "other" });
  }, 60_000);
  afterAll(() => world?.stop());

  const ask = (port: number, to: string = INTERNET.ipv4) => world.probe("lan", { to, port, timeout: 400 });
  const goes = (by: string, port: number, to?: string) =>
    until(`port ${port} by ${by}`, async () => (await ask(port, to)).by === by, {
      timeout: 20_000,
      last: async () =>
        `${await router.sh("policy-route show uplink detail; ip rule; ip route show table all")}${monitor?.said()}`,
    });
  const isShut = async () => {
    for (const to of SERVES) expect((await ask(443, to)).by, to).toBeUndefined();
    expect((await ask(8443)).by).toBeUndefined();
    for (const to of SERVES) expect(await ask(22, to), to).toMatchObject({ by: "other" });
  };

  test.each(Object.entries(OTHER_GUARDS))("%s holds too before anything is there", async (_, lines) => {
    const leaks = await world.capture("other", "eth0", "tcp port 443");
    const guard = [...lines, "rule 10 protocol tcp", "rule 10 destination port 443"].map((line) => `set policy-route ${line}`);
    await router.commit(guard);
    await router.sh(REBOOT);
    for (const to of SERVES) expect(await ask(22, to), to).toMatchObject({ by: "other" });
    await router.sh("policy-route apply --boot");
    for (const to of SERVES) {
      expect((await ask(443, to)).by, to).toBeUndefined();
      expect(await ask(22, to), to).toMatchObject({ by: "other" });
    }
    expect(await leaks.stop()).toEqual([]);
  });

  test("shut before anything is there, open when it arrives: lease, advertisement, session; not one packet by another line", async () => {
    const leaks = await world.capture("other", "eth0", "tcp port 443 or tcp port 8443");
    const said = await router.commit(CONFIG);
    for (const warning of WARNINGS) expect(said).toContain(warning);
    await isShut();

    await router.sh(REBOOT);
    // Nothing is loaded, and only this ran.
    await router.sh("policy-route apply --boot");
    await isShut();
    await router.commit(CONFIG);
    await isShut();

    monitor = await router.startMonitor();
    await router.sh("ip addr add 198.51.100.2/24 dev eth1");
    const bound = { reason: "BOUND", interface: "eth1", new_ip_address: "198.51.100.2", new_routers: "198.51.100.1" };
    const hook = await router.exec(["sh", "-c", ". /etc/dhcp/dhclient-exit-hooks.d/policy-route"], { env: bound });
    expect(hook).toMatchObject({ exitCode: 0 });
    await goes("dsl", 443);
    expect((await ask(443, INTERNET.ipv6)).by).toBeUndefined();
    await router.sh(
      "ip -6 addr add 2001:db8:51::2/64 dev eth1 nodad; ip -6 route add default via fe80::51 dev eth1 proto ra metric 2048",
    );
    await goes("dsl", 443, INTERNET.ipv6);
    expect((await ask(8443)).by).toBeUndefined();
    await ppp.dial({ local: "10.64.0.2", peer: "10.64.0.1" });
    await goes("bras", 8443);
    expect(await leaks.stop()).toEqual([]);
    expect((await monitor.events()).filter(({ kind }) => kind === "reconcile-failed")).toEqual([]);
  });
});
