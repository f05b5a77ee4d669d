import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { type Namespace, openNamespace } from "../support/namespace.ts";
import { frame, ipPackets, lengthOf, read, type Wanted } from "../support/second-opinion/packet-bytes.ts";
import { openWire, type Sent, type Wire } from "../support/second-opinion/wire.ts";
import { FAR_ENDS, HOST_MACS, makeWorld, ROUTER_MAC } from "../support/second-opinion/world.ts";

/** Conditions whose truth is no matter of the packet alone: IPsec, the clock. With packets, in the world of the second opinion. */
const UPLINKS = [
  "uplink a interface eth1",
  "uplink a gateway 198.51.100.1",
  "uplink a gateway6 2001:db8:1::1",
  "uplink b interface eth2",
  "uplink b gateway 203.0.113.1",
  "uplink b gateway6 2001:db8:2::1",
];

/** A rule for the packets of this test alone. */
function rule(number: number, ...lines: readonly string[]): string[] {
  return ["protocol udp", "destination port 9000", ...lines].map((line) => `rule ${number} ${line}`);
}

/** Where packets come from: hosts of the LAN, or the router itself. */
type From = "lan" | "router";

const ENDS = {
  ipv4: { lan: "192.168.188.10", router: "10.6.0.2", to: "192.0.2.7" },
  ipv6: { lan: "2001:db8:a::10", router: "2001:db8:6::2", to: "2001:db8:99::7" },
} as const;

/** A moment so many hours from now, `2026-11-20T19:00:00`, and its time of day. Nothing here is nearer than an hour to an end. */
const hours = (count: number): string => new Date(Date.now() + count * 3_600_000).toISOString().slice(0, 19);
const clock = (count: number): string => hours(count).slice(11);
const day = (count: number): string =>
  ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][new Date(`${hours(count)}Z`).getUTCDay()] ?? "";

/** Conditions of time, and whether they hold now. Windows of 4 hours and of 20: one of each kind goes past midnight whatever the hour. */
const TIMES: readonly (readonly [lines: readonly string[], holds: boolean])[] = [
  [[`startdate ${hours(-2)}`, `stopdate ${hours(2)}`], true],
  [[`startdate ${hours(2)}`], false],
  [[`stopdate ${hours(-2)}`], false],
  [[`starttime ${clock(-2)}`, `stoptime ${clock(2)}`], true],
  [[`starttime ${clock(-10)}`, `stoptime ${clock(10)}`], true],
  [[`starttime ${clock(2)}`, `stoptime ${clock(-2)}`], false],
  [[`starttime ${clock(10)}`, `stoptime ${clock(-10)}`], false],
];

describe.each(FRONT_ENDS)("%s", (frontEnd) => {
  let router: Namespace;
  let wire: Wire;
  let last = 0;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await makeWorld(router);
    wire = openWire(router, FAR_ENDS);
  });
  afterAll(() => router?.stop());

  async function commit(lines: readonly string[]): Promise<void> {
    const run = await router.apply([...UPLINKS, ...lines]);
    if (run.exitCode !== 0) throw new Error(run.message);
  }

  /** Sends one datagram of a connection of its own each time it is called: the far ends where they came out. */
  async function exits(from: readonly (readonly [From, "ipv4" | "ipv6", port?: number])[]): Promise<string[]> {
    const packets = from.map(([who, family, port = 9000]): Wanted => {
      const id = ++last;
      const ends = { source: ENDS[family][who], destination: ENDS[family].to };
      const plain: Wanted = {
        id,
        family,
        ...ends,
        protocol: 17,
        sourcePort: 10_000 + id,
        destinationPort: port,
        tos: 0,
        padding: 0,
        state: "new",
      };
      return { ...plain, length: lengthOf(plain) };
    });
    const sent = packets.map((packet, i): Sent => {
      const bytes = ipPackets(packet)[0] ?? Buffer.alloc(0);
      return from[i]?.[0] === "lan"
        ? { dev: "p0", frames: [frame(ROUTER_MAC("eth0"), HOST_MACS[0], bytes)] }
        : { uid: 0, gid: 0, from: packet.source, to: packet.destination, packet: bytes.toString("hex") };
    });
    const seen = await wire.send(
      sent,
      packets.map(({ id }) => id),
    );
    const ways = new Map(seen.map(([dev, hex]) => [read(hex)?.id, dev] as const));
    return packets.map(({ id }) => ways.get(id) ?? "nowhere");
  }

  /** New connections that a rule has taken. */
  async function taken(rule: string): Promise<unknown> {
    const { stdout } = await router.program(["show", "rule", rule, "--json"]);
    return (JSON.parse(stdout) as { rules: { newConnections?: number }[] }).rules[0]?.newConnections;
  }

  const EVERYBODY = [
    ["lan", "ipv4"],
    ["lan", "ipv6"],
    ["router", "ipv4"],
    ["router", "ipv6"],
  ] as const;

  test("ipsec: what is not of IPsec is taken by match-none and never by match-ipsec", async () => {
    await commit([
      ...rule(10, "traffic all", "ipsec match-ipsec", "set uplink b"),
      ...rule(20, "traffic all", "ipsec match-none", "set uplink a"),
    ]);
    expect(await exits(EVERYBODY)).toEqual(["p1", "p1", "p1", "p1"]);
    expect([await taken("10"), await taken("20")]).toEqual([0, 4]);
  });

  /** Which of these times hold: each rule has a port of its own. */
  async function held(times: readonly (readonly string[])[]): Promise<boolean[]> {
    const rules = times.flatMap((lines, i) =>
      ["protocol udp", `destination port ${9000 + i}`, "time utc", ...lines.map((line) => `time ${line}`), "set uplink a"].map(
        (line) => `rule ${i + 1} ${line}`,
      ),
    );
    await commit(rules);
    return (await exits(times.map((_, i) => ["lan", "ipv4", 9000 + i] as const))).map((way) => way === "p1");
  }

  test("time: dates and windows, also past midnight, in UTC whatever the zone of the machine", async () => {
    const expected = TIMES.map(([, holds]) => holds);
    expect(await held(TIMES.map(([lines]) => lines))).toEqual(expected);
    if (frontEnd !== "nftables") return;
    // The same lines, written by an nft that lives in another zone.
    const { stdout, exitCode } = await router.exec(["nft", "list", "table", "ip", "policy_route"], {
      env: { TZ: "America/New_York" },
    });
    expect([exitCode, stdout.includes("meta hour")]).toEqual([0, true]);
  });

  test("limit: one bucket for all that the rule became; what is above goes on, and time fills it", async () => {
    const limited = rule(
      10,
      "source address 192.168.188.0/24",
      "source address 10.20.0.0/16",
      "limit rate 1/second",
      "limit burst 3",
      "set uplink b",
    );
    await commit([
      ...limited.filter((line) => !/protocol|port/.test(line)),
      ...["protocol tcp_udp", "destination port 9000"].map((line) => `rule 10 ${line}`),
      ...rule(20, "set uplink a"),
    ]);
    const ways = await exits(Array.from({ length: 12 }, () => ["lan", "ipv4"] as const));
    // Sent within a second or, on a slow machine, two; each lets one more through.
    const first = ways.filter((way) => way === "p2").length;
    expect(first).toBeGreaterThanOrEqual(3);
    expect(first).toBeLessThan(8);
    expect(ways.slice(0, 3)).toEqual(["p2", "p2", "p2"]);
    expect(ways.filter((way) => way === "p1")).toHaveLength(12 - first);
    // Nothing of another family, and no other host, takes of it.
    expect(
      await exits([
        ["lan", "ipv6"],
        ["router", "ipv4"],
      ]),
    ).toEqual(["p1", "p6"]);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(
      await exits([
        ["lan", "ipv4"],
        ["lan", "ipv4"],
      ]),
    ).toEqual(["p2", "p2"]);
    expect(await taken("10")).toBe(first + 2);
  });

  if (frontEnd === "nftables")
    test("ipset: refused, with a way out", async () => {
      const run = await router.apply([...UPLINKS, ...rule(10, "source ipset OFFICE", "set uplink a")]);
      expect(run.message).toContain("policy-route rule 10: source ipset OFFICE cannot be matched exactly by backend nftables");
    });
  else
    test("ipset: a set that somebody else keeps; it is not touched, and gone it takes nothing", async () => {
      const kept = await router.sh("ipset create guests hash:net; ipset add guests 192.168.188.0/24; ipset save guests");
      const ways = async () =>
        await exits([
          ["lan", "ipv4"],
          ["lan", "ipv6"],
          ["router", "ipv4"],
        ]);
      await commit(rule(10, "traffic all", "source ipset guests", "set uplink a"));
      expect(await ways()).toEqual(["p1", "p6", "p6"]);
      await commit(rule(10, "traffic all", "source ipset !guests", "set uplink a"));
      expect(await ways()).toEqual(["p6", "p6", "p1"]);
      // What is in it counts at once.
      await router.sh("ipset del guests 192.168.188.0/24; ipset add guests 10.6.0.2");
      expect(await ways()).toEqual(["p1", "p6", "p6"]);
      const explained = await router.program([
        "explain",
        ..."source 192.168.188.10 destination 192.0.2.7 protocol udp destination-port 9000".split(" "),
      ]);
      expect(explained.stdout.replace(/\s+/g, " ")).toContain("source not in ipset guests");
      await commit([]);
      expect(await router.sh("ipset del guests 10.6.0.2; ipset add guests 192.168.188.0/24; ipset save guests")).toBe(kept);
      // A hook finds that it is gone: nothing else suffers.
      await commit([...rule(10, "source ipset guests", "set uplink b"), ...rule(20, "set uplink a")]);
      expect(await ways()).toEqual(["p2", "p1", "p6"]);
      await router.sh("iptables -t mangle -F POLICY_ROUTE_FWD; ipset destroy guests");
      const restarted = await router.run(["restart"]);
      expect([restarted.exitCode, restarted.err]).toEqual([
        0,
        expect.stringContaining('policy-route rule 10: ipset "guests" is not there any more: the rule takes nothing until it is'),
      ]);
      expect(await ways()).toEqual(["p1", "p1", "p6"]);
    });

  if (frontEnd === "nftables")
    test("time: days are refused, each with a way out", async () => {
      const run = await router.apply([...UPLINKS, ...rule(10, "time utc", `time weekdays ${day(0)}`, "set uplink a")]);
      expect(run.exitCode).not.toBe(0);
      expect(run.message).toContain(
        `policy-route rule 10: time weekdays ${day(0)} cannot be matched exactly by backend nftables`,
      );
    });
  else
    test("time: days, and windows that belong to the day on which they begin", async () => {
      const around = [`starttime ${clock(-2)}`, `stoptime ${clock(2)}`];
      const dayOfMonth = (count: number): number => new Date(`${hours(count)}Z`).getUTCDate();
      const began = clock(-2) < clock(0) ? 0 : -24;
      expect(
        await held([
          [`weekdays ${day(0)}`],
          [`weekdays !${day(0)}`],
          [`monthdays ${dayOfMonth(0)}`],
          [`monthdays !${dayOfMonth(0)}`],
          [...around, `weekdays ${day(began)}`],
          [...around, `weekdays !${day(began)}`],
        ]),
      ).toEqual([true, false, true, false, true, false]);
    });
});
