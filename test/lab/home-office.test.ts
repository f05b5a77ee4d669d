import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleLines } from "../support/example.ts";
import { FRONT_ENDS } from "../support/front-end.ts";
import { HOME_OFFICE, startVpn, type Vpn } from "../support/home-office.ts";
import { type InstalledRouter, installRouter } from "../support/installed-router.ts";
import { INTERNET } from "../support/lab-map.ts";
import { until } from "../support/lab-wait.ts";
import type { RunningMonitor } from "../support/monitor.ts";
import { openWiredWorld, type WiredWorld } from "../support/wired-world.ts";

/** The example with a quicker clock. */
const QUICK = ["interval 1", "failure-count 2", "success-count 2", "hold-down 0"].map((words) => `uplink fibre health ${words}`);
const FAMILIES = ["ipv4", "ipv6"] as const;
/** What only the laptop sends. */
const WORK = "port 5000 or port 8443";

/** Fibre keeps its carrier and leads nowhere. */
const SILENT = "nft 'table inet dead { chain everything { type filter hook prerouting priority -400; policy drop; }; }'";

describe.each(FRONT_ENDS)("home office (%s)", (frontEnd) => {
  let world: WiredWorld<keyof typeof HOME_OFFICE.hosts>;
  let router: InstalledRouter;
  let monitor: RunningMonitor;
  let vpn: Vpn;
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, HOME_OFFICE);
    for (const provider of ["fibre", "lte"] as const) await world.sh(provider, "echo 1 > /proc/sys/net/ipv4/ip_forward");
    router = await installRouter(world);
    vpn = await startVpn(world.world);
    // What a kill switch is for: without it the laptop's IPv6 goes out by fibre.
    expect(await work("ipv6")).toMatchObject({ by: "fibre" });
    await router.commit([...exampleLines("home-office"), ...QUICK].map((line) => `set policy-route ${line}`));
    monitor = await router.startMonitor();
  }, 60_000);
  afterAll(() => world?.stop());

  const work = (family: (typeof FAMILIES)[number]) => world.probe("laptop", { to: INTERNET[family], port: 8443, timeout: 500 });
  const tv = (family: (typeof FAMILIES)[number], timeout = 500) =>
    world.probe("tv", { to: INTERNET[family], port: 443, timeout });
  const seen = async () => `${await router.sh("policy-route show; ip rule; ip route show table vpn")}${monitor.said()}`;
  const works = (family: (typeof FAMILIES)[number]) =>
    until(`work by the company, ${family}`, async () => (await work(family)).by === "company", { last: seen });

  /** Datagrams of the laptop, 100 a second in each family, one flow and many; how many the company has of each. */
  const FLOWS = FAMILIES.flatMap((family) => [true, false].map((fresh) => ({ family, fresh, id: `${family}-${fresh}` })));
  async function startWork(): Promise<() => Promise<number[]>> {
    for (const { family, ...words } of FLOWS)
      await world.agent("laptop").ask("send", { ...words, address: INTERNET[family], port: 5000, rate: 100 });
    return () =>
      Promise.all(
        FLOWS.map(async ({ id }) => (await world.agent("company").ask<{ numbers: number[] }>("received", { id })).numbers.length),
      );
  }
  async function stopWork(): Promise<void> {
    for (const { id } of FLOWS) await world.agent("laptop").ask("stopSending", { id });
  }
  const sent = async () => (await world.agent("laptop").ask<{ sent: number }>("sent", { id: "ipv6-true" })).sent;
  const watch = () => Promise.all((["fibre", "lte"] as const).map((provider) => world.capture(provider, "eth0", WORK)));

  test("before the VPN has ever been up, and with IPv4 alone in it: the laptop's IPv6 goes nowhere, everybody else's by fibre", async () => {
    const leaks = await watch();
    for (const family of FAMILIES) {
      expect((await work(family)).by, family).toBeUndefined();
      expect(await tv(family), family).toMatchObject({ by: "fibre" });
    }
    await vpn.up("ipv4");
    await works("ipv4");
    expect((await work("ipv6")).by).toBeUndefined();
    await vpn.down();
    for (const leak of leaks) expect(await leak.stop()).toEqual([]);
  });

  test("the tunnel dies under load and comes back: 0 IPv4 and 0 IPv6 packets of the laptop by fibre or LTE", async () => {
    await vpn.up("both");
    for (const family of FAMILIES) await works(family);
    const leaks = await watch();
    const arrived = await startWork();
    await until("work at the company", async () => (await arrived()).every((count) => count > 30), { last: seen });

    await vpn.down();
    const before = await sent();
    await until("100 more datagrams", async () => (await sent()) > before + 100);
    for (const family of FAMILIES) {
      expect((await work(family)).by, family).toBeUndefined();
      expect(await tv(family), family).toMatchObject({ by: "fibre" });
    }
    await router.commit(["set policy-route description 'while it is down'"]);
    await until("200 more datagrams", async () => (await sent()) > before + 200);

    await vpn.up("both");
    const counts = await arrived();
    await until("work again", async () => (await arrived()).every((count, n) => count > (counts[n] ?? 0) + 30), { last: seen });
    for (const leak of leaks) expect(await leak.stop()).toEqual([]);
    await stopWork();
  });

  test("fibre falls silent: the house and the tunnel go on by LTE, IPv6 is told at once, and all return", async () => {
    const leaks = await watch();
    await world.sh("fibre", SILENT);
    await until("the house by LTE", async () => (await tv("ipv4")).by === "lte", { timeout: 20_000, last: seen });
    // LTE has no IPv6: browsers hear of it and take IPv4. Over a veth pair the first answer is there before connect() is done with
    // its socket and is lost to it; the second SYN brings the error.
    expect((await tv("ipv6", 2500)).error).toMatch(/^E(HOST|NET)UNREACH$/);
    expect(await world.probe("router", { to: INTERNET.ipv4, port: 53, protocol: "udp" })).toMatchObject({ by: "lte" });
    for (const family of FAMILIES) await works(family);
    const outer = await world.capture("lte", "eth0", "udp port 51820");
    await works("ipv6");
    await until("the tunnel's packets by LTE", () => outer.lines().length > 1);
    await outer.stop();

    await world.sh("fibre", "nft delete table inet dead");
    for (const family of FAMILIES)
      await until(`the house by fibre, ${family}`, async () => (await tv(family)).by === "fibre", {
        timeout: 20_000,
        last: seen,
      });
    for (const family of FAMILIES) await works(family);
    for (const leak of leaks) expect(await leak.stop()).toEqual([]);
  });
});
