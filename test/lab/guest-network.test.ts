import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleLines } from "../support/example.ts";
import { FRONT_ENDS } from "../support/front-end.ts";
import type { Answer } from "../support/lab-agent.ts";
import { INTERNET, STRANGER } from "../support/lab-map.ts";
import { until } from "../support/lab-wait.ts";
import { provider } from "../support/provider.ts";
import { openWiredWorld, type WiredMap, type WiredWorld } from "../support/wired-world.ts";

const OFFICE = provider("100.64.4.1");

/** The LAN with a web server, guests with a console among them, two lines, and main's default by a third, the office's own. */
const MAP: WiredMap<"router" | "server" | "guest" | "cable" | "dsl" | "office"> = {
  wires: [
    ["router", "eth0", "server", "eth0"],
    ["router", "eth1", "cable", "eth0"],
    ["router", "eth2", "dsl", "eth0"],
    ["router", "eth3", "guest", "eth0"],
    ["router", "eth4", "office", "eth0"],
  ],
  hosts: {
    router: {
      setup: [
        "addr add 192.168.188.1/24 dev eth0",
        "addr add 198.51.100.2/24 dev eth1",
        "addr add 192.0.2.2/24 dev eth2",
        "addr add 192.168.50.1/24 dev eth3",
        "addr add 100.64.4.2/24 dev eth4",
        "route add default via 100.64.4.1",
        "addr add 2001:db8:50::1/64 dev eth3 nodad",
        "addr add 2001:db8:4::2/64 dev eth4 nodad",
        "route add default via 2001:db8:4::1",
      ],
    },
    server: { setup: ["addr add 192.168.188.10/24 dev eth0", "route add default via 192.168.188.1"], serves: ["192.168.188.10"] },
    guest: {
      setup: [
        "addr add 192.168.50.10/24 dev eth0",
        "addr add 192.168.50.20/24 dev eth0",
        "route add default via 192.168.50.1",
        "addr add 2001:db8:50::10/64 dev eth0 nodad",
        "route add default via 2001:db8:50::1",
      ],
      serves: ["192.168.50.20"],
    },
    cable: provider("198.51.100.1"),
    dsl: provider("192.0.2.1"),
    office: {
      setup: [
        ...OFFICE.setup,
        "addr add 2001:db8:4::1/64 dev eth0 nodad",
        `addr add ${INTERNET.ipv6} dev lo`,
        "route add 2001:db8:50::/64 via 2001:db8:4::2",
      ],
      serves: [INTERNET.ipv4, INTERNET.ipv6],
    },
  },
};

/** The firewall's: web to the server in the LAN, a game to the console among the guests, on both lines. */
const FORWARDS = {
  iptables: `
for line in eth1 eth2; do
  iptables -t nat -A PREROUTING -i $line -p tcp --dport 8443 -j DNAT --to 192.168.188.10:443
  iptables -t nat -A PREROUTING -i $line -p udp --dport 7000 -j DNAT --to 192.168.50.20
done`,
  nftables: `nft 'table ip theirs { chain forwards { type nat hook prerouting priority -100; policy accept;
    iifname { "eth1", "eth2" } tcp dport 8443 dnat to 192.168.188.10:443;
    iifname { "eth1", "eth2" } udp dport 7000 dnat to 192.168.50.20; }; }'`,
} as const;

const LINES = { cable: "198.51.100.2", dsl: "192.0.2.2" } as const;
const DEVICES = { cable: "eth1", dsl: "eth2" } as const;
const NAMES = ["cable", "dsl"] as const;

describe.each(FRONT_ENDS)("guest network (%s)", (frontEnd) => {
  let world: WiredWorld<keyof typeof MAP.hosts>;
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, MAP);
    await world.sh("router", FORWARDS[frontEnd === "nftables" ? "nftables" : "iptables"]);
    // Answered by the default, which is neither line.
    for (const name of NAMES) expect((await web(name)).error).toBe("timeout");
    // A group whose lines have no IPv6 is down for it: until there is a rule, guests leave by the office's.
    expect(await surf6()).toBe("office");
    await world.apply(exampleLines("guest-network"));
  }, 60_000);
  afterAll(() => world?.stop());

  const web = (from: keyof typeof LINES) =>
    world.probe(from, { to: LINES[from], port: 8443, source: STRANGER.ipv4, timeout: 500 });
  const game = (from: keyof typeof LINES) =>
    world.probe(from, { to: LINES[from], port: 7000, protocol: "udp", source: STRANGER.ipv4, timeout: 500 });
  const surf = () => world.probe("guest", { to: INTERNET.ipv4, port: 443, timeout: 500 });
  const surf6 = async () => (await world.probe("guest", { to: INTERNET.ipv6, port: 443, timeout: 500 })).by;
  const line = async (name: keyof typeof LINES, state: "up" | "down") => {
    await world.sh(name, `ip link set eth0 ${state}`);
    const isDead = async () => !(await world.sh("router", `ip link show ${DEVICES[name]}`)).includes("state UP");
    if (state === "down") await until(`the router to see that ${name} is dead`, isDead);
  };

  test("guests are spread by weight, each with the address of its line; a connection stays with its line", async () => {
    const stream = { id: "guests", address: INTERNET.ipv4, port: 5000, rate: 500, fresh: true };
    await world.agent("guest").ask("send", stream);
    const guest = world.agent("guest");
    await until("800 connections", async () => (await guest.ask<{ sent: number }>("sent", { id: "guests" })).sent > 800);
    await guest.ask("stopSending", { id: "guests" });
    const [cable, dsl] = await Promise.all(
      NAMES.map(async (name) => {
        const { numbers, sources } = await world
          .agent(name)
          .ask<{ numbers: number[]; sources: string[] }>("received", { id: "guests" });
        expect(sources, name).toEqual([LINES[name]]);
        return numbers.length;
      }),
    );
    const all = (cable ?? 0) + (dsl ?? 0);
    expect(all).toBeGreaterThan(750);
    // 75 %, within 6.5 times the standard deviation (1.53 %) for 800.
    expect((cable ?? 0) / all).toBeGreaterThan(0.65);
    expect((cable ?? 0) / all).toBeLessThan(0.85);

    const ids = Array.from({ length: 40 }, (_, n) => `long-${n}`);
    const opened: (string | undefined)[] = [];
    for (const id of ids) opened.push((await guest.ask<Answer>("open", { id, address: INTERNET.ipv4, port: 443 })).by);
    expect(new Set(opened)).toEqual(new Set(NAMES));
    for (const [n, id] of ids.entries())
      for (let i = 0; i < 3; i++) expect((await guest.ask<Answer>("say", { id })).by, id).toBe(opened[n]);
    for (const id of ids) await guest.ask("close", { id });
    // Everybody else's way is not theirs.
    expect(await world.probe("router", { to: INTERNET.ipv4, port: 443 })).toMatchObject({ by: "office" });
  });

  test("port forwards answer by the line they were asked by, under strict filtering, into the LAN and among the guests", async () => {
    for (let i = 0; i < 4; i++)
      for (const name of NAMES) {
        expect(await web(name), name).toMatchObject({ by: "server", source: STRANGER.ipv4 });
        expect(await game(name), name).toMatchObject({ by: "guest", source: STRANGER.ipv4 });
      }
    // Long ones from both lines at once, the same stranger and the same server.
    for (const name of NAMES) {
      const agent = world.agent(name);
      const open = { id: "forwarded", address: LINES[name], port: 8443, source: STRANGER.ipv4 };
      expect(await agent.ask<Answer>("open", open), name).toMatchObject({ by: "server" });
    }
    for (let i = 0; i < 5; i++)
      for (const name of NAMES)
        expect(await world.agent(name).ask<Answer>("say", { id: "forwarded" })).toMatchObject({ by: "server" });
    expect(await world.sh("router", "cat /proc/sys/net/ipv4/conf/eth1/rp_filter /proc/sys/net/ipv4/conf/eth2/rp_filter")).toBe(
      "1\n1\n",
    );
  });

  test("one line gone: guests and forwards by the other; both gone: no guest takes the office's line", async () => {
    const leaks = await world.capture("office", "eth0", "tcp port 443 or udp port 5000");
    expect(await surf6()).toBeUndefined();
    await line("dsl", "down");
    for (let i = 0; i < 8; i++) expect(await surf()).toMatchObject({ by: "cable", source: LINES.cable });
    expect(await web("cable")).toMatchObject({ by: "server" });
    await line("cable", "down");
    for (let i = 0; i < 8; i++) expect((await surf()).by).toBeUndefined();
    expect(await surf6()).toBeUndefined();
    expect(await world.probe("router", { to: INTERNET.ipv4, port: 22 })).toMatchObject({ by: "office" });
    expect(await leaks.stop()).toEqual([]);
    for (const name of NAMES) await line(name, "up");
    await until("guests by both lines", async () => {
      const seen = new Set<string | undefined>();
      for (let i = 0; i < 24; i++) seen.add((await surf()).by);
      return seen.size === 2 && seen.has("cable") && seen.has("dsl");
    });
    for (const name of NAMES) expect(await web(name), name).toMatchObject({ by: "server" });
  });
});
