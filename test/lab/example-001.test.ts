import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exampleLines } from "../support/example.ts";
import { FRONT_ENDS } from "../support/front-end.ts";
import type { Answer } from "../support/lab-agent.ts";
import { INTERNET, STRANGER } from "../support/lab-map.ts";
import { until } from "../support/lab-wait.ts";
import { provider } from "../support/provider.ts";
import { openWiredWorld, type WiredMap, type WiredWorld } from "../support/wired-world.ts";

/** A LAN, two providers, and main's default by a third line that no rule is about. */
const MAP: WiredMap<"router" | "lan" | "isp1" | "isp2" | "other"> = {
  wires: [
    ["router", "eth0", "lan", "eth0"],
    ["router", "eth1", "isp1", "eth0"],
    ["router", "eth2", "isp2", "eth0"],
    ["router", "eth3", "other", "eth0"],
  ],
  hosts: {
    router: {
      setup: [
        "addr add 192.168.188.1/24 dev eth0",
        "addr add 198.51.100.2/24 dev eth1",
        "addr add 192.0.2.2/24 dev eth2",
        "addr add 100.64.3.2/24 dev eth3",
        "route add default via 100.64.3.1",
      ],
      serves: ["0.0.0.0"],
    },
    lan: { setup: ["addr add 192.168.188.10/24 dev eth0", "route add default via 192.168.188.1"], serves: ["192.168.188.10"] },
    isp1: provider("198.51.100.1"),
    isp2: provider("192.0.2.1"),
    other: provider("100.64.3.1", "route add 192.168.188.0/24 via 100.64.3.2"),
  },
};

const DOCUMENT = exampleLines("001-ssh-and-web-by-two-providers");

describe.each(FRONT_ENDS)("example 001 (%s)", (frontEnd) => {
  let world: WiredWorld<keyof typeof MAP.hosts>;
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, MAP);
    await world.sh("router", "for name in eth0 eth1 eth2 eth3; do echo 1 > /proc/sys/net/ipv4/conf/$name/rp_filter; done");
  }, 60_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.apply(DOCUMENT));

  const ask = (from: "lan" | "router", port: number, sourcePort?: number) =>
    world.probe(from, { to: INTERNET.ipv4, port, ...(sourcePort === undefined ? {} : { sourcePort }) });

  test("ssh by isp1, web by isp2, of the LAN and of the router; the rest by main", async () => {
    for (const from of ["lan", "router"] as const) {
      expect(await ask(from, 22), from).toMatchObject({ by: "isp1", source: "198.51.100.2" });
      expect(await ask(from, 80), from).toMatchObject({ by: "isp2", source: "192.0.2.2" });
      expect(await ask(from, 443), from).toMatchObject({ by: "other" });
    }
  });

  test("by source port: what the document has the mark for", async () => {
    expect(await ask("router", 443, 9050)).toMatchObject({ by: "isp2", source: "192.0.2.2" });
    expect(await ask("router", 443, 9100)).toMatchObject({ by: "other" });
    // Its own example: the answers of a server, by the port it answers from. The request may come in by the other provider.
    const seen = await world.capture("isp2", "eth0", "tcp src port 8080");
    await world.probe("isp1", { to: "198.51.100.2", port: 8080, source: STRANGER.ipv4, timeout: 300 });
    await until("the server's answer at isp2", () => seen.lines().length > 0);
    await seen.stop();
    expect(await world.probe("isp2", { to: "192.0.2.2", port: 8080, source: STRANGER.ipv4 })).toMatchObject({ by: "router" });
    expect(await world.probe("lan", { to: "192.168.188.1", port: 8080 })).toMatchObject({ by: "router" });
  });

  test("sessions of the router itself go on: ssh into it over either line through a commit, and its name server's answers", async () => {
    const names = ["rule 50 traffic local", "rule 50 protocol udp", "rule 50 destination port 53,123", "rule 50 set uplink isp1"];
    const lines = [
      ["isp1", "198.51.100.2"],
      ["isp2", "192.0.2.2"],
      ["other", "100.64.3.2"],
    ] as const;
    for (const [name, to] of lines)
      expect(
        await world.agent(name).ask<Answer>("open", { id: name, address: to, port: 22, source: STRANGER.ipv4 }),
        name,
      ).toMatchObject({ by: "router" });
    await world.apply([...DOCUMENT, ...names]);
    for (const [name] of lines)
      for (let i = 0; i < 3; i++)
        expect(await world.agent(name).ask<Answer>("say", { id: name }), name).toMatchObject({ by: "router" });
    for (const port of [53, 123])
      expect(await world.probe("router", { to: INTERNET.ipv4, port, protocol: "udp" })).toMatchObject({
        by: "isp1",
        source: "198.51.100.2",
      });
    expect(await world.probe("router", { to: INTERNET.ipv4, port: 5000, protocol: "udp" })).toMatchObject({ by: "other" });
  });

  test("an address that changes takes its own traffic along", async () => {
    const own = () => world.probe("router", { to: INTERNET.ipv4, port: 443, source: "192.0.2.7" });
    await world.sh("router", "ip addr add 192.0.2.7/24 dev eth2");
    expect(await own()).not.toMatchObject({ by: "isp2" });
    expect((await world.program(["restart"])).exitCode).toBe(0);
    expect(await own()).toMatchObject({ by: "isp2", source: "192.0.2.7" });
    await world.sh("router", "ip addr del 192.0.2.7/24 dev eth2");
    expect((await world.program(["restart"])).exitCode).toBe(0);
    expect(await world.sh("router", "ip rule")).not.toContain("192.0.2.7");
  });

  /** A datagram with somebody else's source address, from a provider to the LAN's host; whether it arrives. */
  async function arrives(from: "isp1" | "isp2", router: string, source: string): Promise<boolean> {
    const seen = await world.capture("lan", "eth0", `udp port 7 and src ${source}`);
    const last = await world.capture("lan", "eth0", "udp port 8");
    const send = (port: number, address: string) => `echo x | socat -u - UDP4-SENDTO:192.168.188.10:${port},bind=${address}`;
    await world.sh(
      from,
      `ip route replace 192.168.188.10 via ${router}; ip addr replace ${source}/32 dev lo; ${send(7, source)}; ip addr del ${source}/32 dev lo`,
    );
    // One that nobody objects to, sent behind it: when it is there, the other would be.
    await world.sh("other", send(8, INTERNET.ipv4));
    await until("the honest packet", () => last.lines().length > 0);
    await last.stop();
    return (await seen.stop()).length > 0;
  }

  test("martians: what the filter drops on isp1 gets through on isp2, which is loose and tells; on no other interface", async () => {
    const values = (key: string) =>
      world.sh(
        "router",
        `cd /proc/sys/net/ipv4/conf; for name in all eth0 eth1 eth2 eth3; do printf '%s ' $(cat $name/${key}); done`,
      );
    expect(await arrives("isp1", "198.51.100.2", "192.168.188.77")).toBe(false);
    expect(await arrives("isp2", "192.0.2.2", "192.168.188.77")).toBe(true);
    const told = async () =>
      (await world.sh("router", "dmesg")).split("martian source 192.168.188.10 from 192.168.188.1,").length;
    const before = await told();
    expect(await arrives("isp2", "192.0.2.2", "192.168.188.1")).toBe(false);
    await until("the kernel's word about it", async () => (await told()) > before);
    expect(await values("log_martians")).toBe("0 0 0 1 0 ");
    expect(await values("rp_filter")).toBe("0 1 1 2 1 ");
    // A firewall's commit writes its own into every interface: ours is put right, and its wish is what comes back at the end.
    await world.sh("router", "for name in eth0 eth1 eth2 eth3; do echo 0 > /proc/sys/net/ipv4/conf/$name/rp_filter; done");
    expect((await world.program(["restart"])).exitCode).toBe(0);
    expect(await values("rp_filter")).toBe("0 0 0 2 0 ");
    expect(await values("src_valid_mark")).toBe("0 0 0 0 0 ");
    expect((await world.program(["uninstall"])).exitCode).toBe(0);
    expect(await values("rp_filter")).toBe("0 0 0 0 0 ");
    expect(await values("log_martians")).toBe("0 0 0 0 0 ");
    await world.sh("router", "for name in eth0 eth1 eth2 eth3; do echo 1 > /proc/sys/net/ipv4/conf/$name/rp_filter; done");
  });
});
