import { describe, expect, test } from "vitest";
import { decide } from "../../../src/explain/decide.ts";
import type { Packet } from "../../../src/explain/packet.ts";
import { ownPacket, packet, worldOf } from "./make-world.ts";

const UPLINK = ["uplink dsl interface eth1", "uplink dsl gateway 198.51.100.1"];

const FIREWALL = [
  "firewall group address-group HOSTS address 192.168.1.7-192.168.1.9",
  "firewall group network-group NETS network 192.0.2.0/24",
  "firewall group network-group EMPTY",
  "firewall group ipv6-network-group NETS6 network 2001:db8:99::/48",
  "firewall group port-group PORTS port 440-449",
];

/** [lines of a rule, the packet, why not; undefined: it matches] */
type Case = readonly [rule: readonly string[], packet: Packet, why?: string | undefined];

const udp = packet({ protocol: 17 });
const v6 = packet({ family: "ipv6", source: "2001:db8:a::7", destination: "2001:db8:99::1" });
const ping = packet({ protocol: 1, icmpType: 8, icmpCode: 0 });

/** 2026-11-20 is a Friday. */
const TIMES: readonly (readonly [rule: readonly string[], time: string, why?: string])[] = [
  [["startdate 2026-11-20", "stopdate 2026-11-21"], "2026-11-20T00:00:00"],
  [
    ["startdate 2026-11-20T00:00:01"],
    "2026-11-20T00:00:00",
    "time is 2026-11-20T00:00:00, rule wants from 2026-11-20T00:00:01 on UTC",
  ],
  [["stopdate 2026-11-20T12:00"], "2026-11-20T12:00:00"],
  [["stopdate 2026-11-20T12:00"], "2026-11-20T12:00:01", "time is 2026-11-20T12:00:01, rule wants up to 2026-11-20T12:00 UTC"],
  [["starttime 08:00", "stoptime 17:00"], "2026-11-20T17:00:00"],
  [["starttime 08:00", "stoptime 17:00"], "2026-11-20T17:00:01", "time of day is 17:00:01, rule wants 08:00 to 17:00 UTC"],
  [["starttime 22:00", "stoptime 06:00"], "2026-11-20T23:00:00"],
  [["starttime 22:00", "stoptime 06:00"], "2026-11-20T06:00:00"],
  [["starttime 22:00", "stoptime 06:00"], "2026-11-20T12:00:00", "time of day is 12:00:00, rule wants 22:00 to 06:00 UTC"],
  [["stoptime 06:00", "weekdays Fri"], "2026-11-20T05:00:00"],
  [["starttime 22:00", "stoptime 06:00", "weekdays Fri"], "2026-11-21T05:00:00"],
  [["starttime 22:00", "stoptime 06:00", "weekdays Fri"], "2026-11-20T05:00:00", "day is Thu, rule wants Fri UTC"],
  [["weekdays !Sat,Sun"], "2026-11-20T05:00:00"],
  [["weekdays Sun"], "2026-11-22T05:00:00"],
  [["monthdays 1,20"], "2026-11-20T05:00:00"],
  [
    ["monthdays !20", "starttime 22:00", "stoptime 06:00"],
    "2026-11-21T05:00:00",
    `day of the month is 20, rule wants ${Array.from({ length: 31 }, (_, i) => i + 1)
      .filter((day) => day !== 20)
      .join()} UTC`,
  ],
];

const CASES: readonly Case[] = [
  [[], packet()],
  [["traffic local"], packet(), "packet is forwarded, rule is for traffic local"],
  [[], ownPacket(), "packet is made by the router, rule is for traffic forwarded"],
  [["traffic all"], ownPacket()],
  [["family ipv6"], packet(), "packet is IPv4, rule is for ipv6"],
  [["inbound-interface eth4"], packet(), "inbound interface is eth0, rule wants eth4"],
  [["inbound-interface eth+"], packet()],
  [["inbound-interface !eth0", "inbound-interface !eth4"], packet(), "inbound interface is eth0, rule wants not eth0, not eth4"],
  [["traffic all", "inbound-interface eth0"], ownPacket(), "the router makes it, rule wants it to come in by eth0"],
  [["traffic all", "inbound-interface !eth0"], ownPacket()],
  [["protocol tcp"], udp, "protocol is udp, rule wants tcp"],
  [["protocol tcp_udp"], udp],
  [["protocol !tcp"], udp],
  [["protocol !tcp_udp"], udp, "protocol is udp, rule wants not tcp_udp"],
  [["protocol all"], udp],
  [["protocol 99"], packet({ protocol: 98 }), "protocol is 98, rule wants 99"],
  [
    ["source address 192.168.1.0/24", "source address !192.168.1.7"],
    packet(),
    "source is 192.168.1.7, rule wants 192.168.1.0/24, not 192.168.1.7",
  ],
  [["source address 192.168.1.1-192.168.1.7"], packet()],
  [["source address 192.168.1.8-192.168.1.9"], packet(), "source is 192.168.1.7, rule wants 192.168.1.8-192.168.1.9"],
  [["destination address !192.0.2.0/24"], packet(), "destination is 192.0.2.9, rule wants not 192.0.2.0/24"],
  [["destination address !10.0.0.0/8"], v6, "destination is 2001:db8:99::1, rule is about IPv4 only"],
  [
    ["destination address 2001:db8:99::/48", "destination address !10.0.0.0/8"],
    packet(),
    "destination is 192.0.2.9, rule wants 2001:db8:99::/48, not 10.0.0.0/8",
  ],
  [["destination address 0.0.0.0/0"], packet()],
  [["source interface-network eth0"], packet()],
  [["source interface-network eth4"], packet(), "source is 192.168.1.7, rule wants 192.168.50.0/24 (network of eth4)"],
  [["source interface-network eth4"], v6, "eth4 has no IPv6 address"],
  [["source interface-address eth0"], packet(), "source is 192.168.1.7, rule wants 192.168.1.1/32 (address of eth0)"],
  [["source group address-group HOSTS"], packet()],
  [
    ["source group address-group !HOSTS"],
    packet(),
    "source is 192.168.1.7, rule wants not one of address-group HOSTS (192.168.1.7-192.168.1.9)",
  ],
  [["destination group network-group NETS"], v6, "destination is 2001:db8:99::1, network-group NETS is about IPv4"],
  [["destination group ipv6-network-group NETS6"], v6],
  [["source group network-group EMPTY"], packet(), "source is 192.168.1.7, rule wants one of network-group EMPTY (empty)"],
  [["source group network-group !EMPTY"], packet()],
  [["source group network-group NOBODY"], packet(), "firewall network-group NOBODY does not exist: nothing matches"],
  [["protocol tcp", "destination port 80,443"], packet()],
  [["protocol tcp", "destination port !80,443"], packet(), "destination port is 443, rule wants not 80,443"],
  [["protocol tcp", "source port 1-1023"], packet(), "source port is 1024, rule wants 1-1023"],
  [["protocol tcp", "destination group port-group PORTS"], packet()],
  [
    ["protocol tcp", "destination group port-group !PORTS"],
    packet(),
    "destination port is 443, rule wants not one of port-group PORTS (440-449)",
  ],
  [["protocol icmp", "icmp type-name echo-request"], ping],
  [["protocol icmp", "icmp type 8", "icmp code 1"], ping, "icmp code is 0, rule wants 1"],
  [["protocol icmp", "icmp type 13"], ping, "icmp type is 8, rule wants 13"],
  [["protocol icmpv6", "icmpv6 type 128"], ping, "protocol is icmp, rule wants icmpv6"],
  [["protocol tcp", "tcp flags SYN,!ACK"], packet()],
  [["protocol tcp", "tcp flags SYN,!ACK"], packet({ tcpFlags: ["SYN", "ACK"] }), "tcp flags is SYN,ACK, rule wants SYN,not ACK"],
  [["source mac-address 52:54:00:00:00:07"], packet()],
  [
    ["source mac-address !52:54:00:00:00:07"],
    packet(),
    "source mac-address is 52:54:00:00:00:07, rule wants not 52:54:00:00:00:07",
  ],
  [
    ["source mac-address !52:54:00:00:00:07"],
    packet({ mac: "none" }),
    "source mac-address is none, rule wants not 52:54:00:00:00:07",
  ],
  [["traffic local", "user mldonkey"], ownPacket(), "user is 1000, rule wants mldonkey (1005)"],
  [["traffic local", "user mldonkey"], ownPacket({ user: 1005 })],
  [["traffic local", "user !1000-1999"], ownPacket({ user: "none" }), "user is none, rule wants not 1000-1999"],
  [["traffic local", "user nobodyknows"], ownPacket(), "user nobodyknows does not exist: nothing matches"],
  [["traffic all", "user 1000"], packet(), "forwarded packets have no user"],
  [["traffic local", "user-group p2p"], ownPacket({ userGroup: 1007 })],
  [["state related enable"], packet(), "state is new, rule wants related"],
  [["state invalid disable"], packet()],
  [["state new disable"], packet(), "state is new, rule wants not new"],
  [["dscp ef"], packet({ tos: 185 })],
  [["dscp !0"], packet(), "dscp is 0, rule wants not 0"],
  [["tos 17"], packet({ tos: 16 }), "tos is 16, rule wants 17"],
  [["packet-length 61-100"], packet(), "packet length is 60, rule wants 61-100"],
  [["fragment match-non-frag"], packet()],
  [["source ipset office"], packet()],
  [["source ipset !office"], packet(), "source is 192.168.1.7, which is in it, rule wants not in ipset office"],
  [["destination ipset office"], packet(), "destination is 192.0.2.9, which is not in it, rule wants in ipset office"],
  [["source ipset !office"], v6, "source is 2001:db8:a::7, ipset office is about IPv4"],
  [["source ipset vanished"], packet(), "ipset vanished does not exist: nothing matches"],
  [["limit rate 5/second"], packet()],
  [["ipsec match-ipsec"], packet({ ipsec: true })],
  ...TIMES.map(
    ([rule, time, why]): Case => [
      ["time utc", ...rule.map((line) => `time ${line}`)],
      packet({ at: Date.parse(`${time}Z`) / 1000 }),
      why,
    ],
  ),
  [["ipsec match-ipsec"], packet({ ipsec: false }), "ipsec is no, rule wants yes"],
  [["traffic local", "ipsec match-none"], ownPacket({ ipsec: true }), "ipsec is yes, rule wants no"],
];

describe("one rule", () => {
  test.each(CASES.map((one) => [one[0].join(", "), one] as const))("%s", (_name, [rule, asked, why]) => {
    const world = worldOf([...UPLINK, ...FIREWALL, ...[...rule, "set uplink dsl"].map((line) => `rule 10 ${line}`)]);
    const step = decide(asked, world).steps.find((one) => one.rule === "10");
    if (why === undefined) expect(step).toMatchObject({ verdict: "match", says: "uplink dsl" });
    else expect(step).toMatchObject({ verdict: "no", words: [why] });
  });

  test("a limit depends on what came before: said in words", () => {
    const world = worldOf([...UPLINK, "rule 10 limit rate 5/second", "rule 10 set uplink dsl"]);
    expect(decide(packet(), world).steps.at(-1)?.words).toEqual([
      "as long as there are no more than 5/second (burst 5): above that the next rules are asked",
    ]);
  });

  test("what is not given is neither a match nor none", () => {
    const world = worldOf([...UPLINK, "rule 10 protocol tcp", "rule 10 destination port 443", "rule 10 set uplink dsl"]);
    const { protocol: _, destinationPort: __, ...little } = packet();
    const { steps, target } = decide(little, world);
    expect(steps.at(-1)).toMatchObject({
      verdict: "open",
      words: ["protocol is not given, rule wants tcp", "destination port is not given, rule wants 443"],
    });
    expect(target).toEqual({ to: "main" });
    // What does not hold decides, whatever is missing.
    expect(decide({ ...little, protocol: 17 }, world).steps.at(-1)).toMatchObject({ verdict: "no" });
  });
});
