import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { INTERNET } from "../support/lab-map.ts";
import { DSL, describeLab, STREAMED } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";

/** The three ways a line goes away that the kernel sees by itself. */
const LOSSES: Readonly<Record<string, (lab: Lab) => Promise<unknown>>> = {
  "carrier loss": (lab) => lab.carrier("eth1", "down"),
  "admin down": (lab) => lab.must("router", ["ip", "link", "set", "eth1", "down"]),
  "address loss": (lab) => lab.must("router", ["ip", "-4", "addr", "flush", "dev", "eth1"]),
};

/** Everything up again, and the client told to ask at once, as a new lease makes the hook put things right. */
async function restore(lab: Lab): Promise<void> {
  lab.dhcp.killClient();
  await lab.carrier("eth1", "up");
  await lab.must("router", [
    "sh",
    "-euc",
    "ip -4 addr flush dev eth1; ip link set eth1 up; ip addr replace 2001:db8:51::57/64 dev eth1 nodad",
  ]);
  await lab.dhcp.startClient();
  await until("the hook's reconcile", async () =>
    (await lab.must("router", ["ip", "route", "show", "table", "20"])).includes("default via 198.51.100.1"),
  );
  await until("DSL", async () => (await lab.probe("lan", { port: 443, timeout: 300 })).by === "dsl");
  await until(
    "DSL, IPv6",
    async () => (await lab.probe("lan", { port: 5000, protocol: "udp", to: INTERNET.ipv6, timeout: 300 })).by === "dsl",
  );
}

/**
 * A connection opened while the line was gone stays on the other way for as long as it lives. What comes next may draw its
 * source port again, and would be seen there.
 */
async function forget(lab: Lab): Promise<void> {
  await lab.must("router", ["conntrack", "-F"]);
}

describeLab("when the line is gone", (lab) => {
  beforeAll(() => commit(lab(), [...DSL, ...STREAMED]));
  afterEach(async () => {
    await restore(lab());
    await forget(lab());
  });

  describe.each(Object.entries(LOSSES))("%s", (name, lose) => {
    test("if-down main: new connections go by BGP within a moment", async () => {
      await commit(lab(), ["set policy-route uplink dsl if-down main"]);
      const stream = await lab().stream("lan", { port: 5000, rate: 500, fresh: true });
      await until("packets by DSL", async () => (await stream.count()).by.dsl > 250);
      await lose(lab());
      await until("packets by BGP", async () => (await stream.count()).by.bgp1 > 500);
      const count = await stream.stop();
      // Measured: 0 to 2. The kernel hears of a dead link from a work queue, which a busy machine lets wait.
      expect(count.lost, name).toBeLessThanOrEqual(50);
      expect(count.by.dsl + count.by.bgp1 + count.lost).toBe(count.sent);
      expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "bgp1", source: "192.168.188.10" });
    });

    test("if-down prohibit: not one packet leaves another way", async () => {
      await commit(lab(), ["set policy-route uplink dsl if-down prohibit"]);
      const leaks = await Promise.all(
        (["bgp1", "bgp2"] as const).map((host) => lab().capture(host, "eth0", "udp port 5000 or tcp port 443")),
      );
      const stream = await lab().stream("lan", { port: 5000, rate: 500, fresh: true });
      await until("packets by DSL", async () => (await stream.count()).by.dsl > 250);
      await lose(lab());
      const { sent } = await stream.count();
      await until("500 more packets", async () => (await stream.count()).sent > sent + 500);
      const count = await stream.stop();
      expect(count.by.bgp1 + count.by.bgp2).toBe(0);
      expect(count.lost).toBeGreaterThan(400);
      expect((await lab().probe("lan", { port: 443, timeout: 500 })).by).toBeUndefined();
      expect((await Promise.all(leaks.map((leak) => leak.stop()))).flat()).toEqual([]);
      expect(await lab().probe("lan", { port: 22 })).toMatchObject({ by: "bgp1" });
    });
  });

  test.each(["carrier loss", "admin down"] as const)("IPv6, %s: main falls back, prohibit leaks nothing", async (name) => {
    for (const mode of ["main", "prohibit"] as const) {
      await commit(lab(), [`set policy-route uplink dsl if-down ${mode}`]);
      const leaks = await lab().capture("bgp1", "eth0", "ip6 and udp port 5000");
      const stream = await lab().stream("lan", { port: 5000, rate: 500, fresh: true, to: INTERNET.ipv6 });
      await until("packets by DSL", async () => (await stream.count()).by.dsl > 250);
      await LOSSES[name]?.(lab());
      const { sent } = await stream.count();
      await until("500 more packets", async () => (await stream.count()).sent > sent + 500);
      const count = await stream.stop();
      const seen = (await leaks.stop()).length;
      if (mode === "main") {
        expect(count.by.bgp1).toBeGreaterThan(400);
        expect(seen).toBeGreaterThan(400);
        await restore(lab());
        await forget(lab());
      } else {
        expect({ by: count.by.bgp1 + count.by.bgp2, seen }).toEqual({ by: 0, seen: 0 });
      }
    }
  });

  test("a connection opened while the line was gone stays where it is when the line is back", async () => {
    await commit(lab(), ["set policy-route uplink dsl if-down main"]);
    await lab().carrier("eth1", "down");
    const lan = lab().agent("lan");
    expect(await lan.ask("open", { id: "stays", address: INTERNET.ipv4, port: 443 })).toMatchObject({ by: "bgp1" });
    await restore(lab());
    expect(await lan.ask("say", { id: "stays" })).toMatchObject({ by: "bgp1" });
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    await lan.ask("close", { id: "stays" });
  });
});
