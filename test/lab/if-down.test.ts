import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { INTERNET } from "../support/lab-map.ts";
import { DSL, describeLab, STREAMED } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";
import { startWireCount } from "../support/lab-wire-count.ts";

/** The ways a line goes away that the kernel sees by itself; `families`: whose routes it takes. */
const LOSSES: Readonly<
  Record<string, { readonly families: readonly ("ipv4" | "ipv6")[]; readonly lose: (lab: Lab) => Promise<unknown> }>
> = {
  "carrier loss": { families: ["ipv4", "ipv6"], lose: (lab) => lab.carrier("eth1", "down") },
  "admin down": { families: ["ipv4", "ipv6"], lose: (lab) => lab.must("router", ["ip", "link", "set", "eth1", "down"]) },
  // The kernel keeps the IPv6 routes of a device without addresses: the monitor takes them out (test/kernel/follow.test.ts).
  "last address removed": { families: ["ipv4"], lose: (lab) => lab.must("router", ["ip", "-4", "addr", "flush", "dev", "eth1"]) },
  "link deleted": { families: ["ipv4", "ipv6"], lose: (lab) => lab.must("router", ["ip", "link", "del", "eth1"]) },
};

/** The streams by a group: DSL, then the second BGP provider, and main never. */
const GROUP: readonly string[] = [
  "set policy-route uplink two interface eth3",
  "set policy-route uplink two gateway 192.0.2.5",
  "set policy-route uplink two gateway6 2001:db8:e2::1",
  "set policy-route group web uplink dsl priority 10",
  "set policy-route group web uplink two priority 20",
  "set policy-route group web if-down prohibit",
  "delete policy-route rule 20 set uplink",
  "set policy-route rule 20 set group web",
];
const UNGROUP: readonly string[] = [
  "delete policy-route rule 20 set group",
  "set policy-route rule 20 set uplink dsl",
  "delete policy-route group web",
  "delete policy-route uplink two",
];

/** Everything up again, and the client told to ask at once, as a new lease makes the hook put things right. */
async function restore(lab: Lab): Promise<void> {
  lab.dhcp.killClient();
  if ((await lab.exec("router", ["ip", "link", "show", "eth1"])).exitCode !== 0) {
    const wire = "ip link add eth1 netns router type veth peer name line netns dslam; ip -n dslam link set line master line0";
    await lab.world.must(undefined, ["sh", "-euc", wire]);
  }
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

/** New connections of both families from the LAN, and their answers, by DSL; the counting begins before the first. */
async function traffic(lab: Lab) {
  const count = await startWireCount(lab);
  const options = { port: 5000, fresh: true, echo: true } as const;
  const streams = {
    ipv4: await lab.stream("lan", { ...options, rate: 1000 }),
    ipv6: await lab.stream("lan", { ...options, rate: 250, to: INTERNET.ipv6 }),
  };
  for (const [family, stream] of Object.entries(streams))
    await until(`${family} by DSL`, async () => (await stream.count()).by.dsl > 150);
  return {
    ...streams,
    /** Until this many more came from the LAN. */
    async more(packets: number): Promise<void> {
      const { asked } = await count();
      await until(`${packets} more packets`, async () => (await count()).asked >= asked + packets);
    },
    /** Ends both; what each family had and what passed the wires. */
    async stop() {
      const counts = { ipv4: await streams.ipv4.stop(), ipv6: await streams.ipv6.stop() };
      return { ...counts, wires: await count() };
    },
  };
}

/**
 * A connection opened while the line was gone stays on the other way for as long as it lives. What comes next may draw its
 * source port again, and would be seen there.
 */
async function forget(lab: Lab): Promise<void> {
  await lab.must("router", ["conntrack", "-F"]);
}

describeLab("when the line is gone", (lab, frontEnd) => {
  beforeAll(() => commit(lab(), [...DSL, ...STREAMED]));
  afterEach(async () => {
    await restore(lab());
    await forget(lab());
  });

  describe.each(Object.entries(LOSSES))("%s, and no process of ours", (name, { families, lose }) => {
    // Which way is left is up to routes, the same for all front ends: the others prove it with one loss.
    const everywhere = frontEnd === "iptables-nft" || name === "carrier loss";
    /** What is lost was on the dead wire; the rest left by that provider's line, in both directions. */
    async function goesOnBy(provider: "bgp1" | "bgp2"): Promise<void> {
      const stream = await traffic(lab());
      await lose(lab());
      for (const family of families)
        await until(
          `${family} by ${provider}`,
          async () => (await stream[family].count()).by[provider] > (family === "ipv4" ? 500 : 100),
        );
      const { wires } = await stream.stop();
      // The router dropped none, and lost none on a wire that is not dead.
      expect(wires.byLine + wires.elsewhere).toBe(wires.asked);
      expect(wires.arrived[provider]).toBe(wires.elsewhere);
      expect(wires.entered).toBe(wires.answered[provider]);
      expect(wires.delivered).toBe(wires.entered);
      // Measured: 0 to 2. The kernel hears of a dead link from a work queue, which a busy machine lets wait.
      if (families.length === 2) expect(wires.byLine - wires.arrived.dsl).toBeLessThanOrEqual(100);
    }

    if (everywhere)
      test("if-down main: what is lost was on the dead wire, in both directions", async () => {
        await commit(lab(), ["set policy-route uplink dsl if-down main"]);
        await goesOnBy("bgp1");
        expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "bgp1", source: "192.168.188.10" });
      });

    // Carrier loss with each front end: groups.test.ts.
    if (frontEnd === "iptables-nft")
      test("a group: the next member takes all, the same", async () => {
        await commit(lab(), GROUP);
        await goesOnBy("bgp2");
        await restore(lab());
        await commit(lab(), UNGROUP);
      });

    test("if-down prohibit: not one packet leaves another way", async () => {
      await commit(lab(), ["set policy-route uplink dsl if-down prohibit"]);
      const stream = await traffic(lab());
      await lose(lab());
      await stream.more(750);
      const { ipv4, wires } = await stream.stop();
      expect({ ...wires.arrived, dsl: 0, elsewhere: wires.elsewhere }).toEqual({
        dsl: 0,
        dsl2: 0,
        bgp1: 0,
        bgp2: 0,
        elsewhere: 0,
      });
      expect(ipv4.lost).toBeGreaterThan(400);
      expect((await lab().probe("lan", { port: 443, timeout: 500 })).by).toBeUndefined();
      expect(await lab().probe("lan", { port: 22 })).toMatchObject({ by: "bgp1" });
    });
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
