import { describe, expect, test } from "vitest";
import { explain } from "../../../src/explain/explain.ts";
import type { Explanation } from "../../../src/explain/explanation.ts";
import { judgeKernel, lookups } from "../../../src/explain/kernel-answer.ts";
import type { Packet } from "../../../src/explain/packet.ts";
import { readConnection } from "../../../src/explain/tracked.ts";
import { ownPacket, packet, worldOf } from "./make-world.ts";

const UPLINKS = [
  ...["uplink a interface eth1", "uplink a gateway 198.51.100.1", "uplink a source-nat masquerade"],
  ...["uplink b interface eth2", "uplink b gateway 203.0.113.1", "group g uplink a", "group g uplink b"],
];
const SLOTS = new Map([
  ["uplink a", 1],
  ["uplink b", 2],
  ["group g", 3],
  ["member g a", 4],
  ["member g b", 5],
]);
const explained = (lines: readonly string[], asked: Packet = packet(), down: readonly string[] = []): Explanation =>
  explain(asked, [], { ...worldOf([...UPLINKS, ...lines], down), slots: SLOTS });

describe("an explanation", () => {
  test("marks, source NAT, and what happens if the line fails", () => {
    const to = explained(["rule 10 set group g"]);
    expect(to.marked).toEqual([
      { owner: "group g", slot: 3, value: "0x00300000", mask: "0x0ff00000", table: { id: 2003, name: "g" } },
    ]);
    expect(to.sourceNat).toBe("masquerade");
    expect(to.leaves).toEqual([{ uplink: "a", interface: "eth1", gateway: "198.51.100.1" }]);
    expect(to.ifFails).toEqual([{ uplink: "a", end: { to: "uplinks", ways: ["b"] } }]);
    expect(explained(["rule 10 set group g", "group g if-down prohibit"], packet(), ["b"]).ifFails).toEqual([
      { uplink: "a", end: { to: "prohibit" }, why: "no other member of g is up, if-down prohibit" },
    ]);
    expect(explained(["rule 10 set group g", "group g mode balance"]).marked.map(({ owner }) => owner)).toEqual([
      "member g a",
      "member g b",
    ]);
    // Left to main, and by its address to a line that is no member: the mark is the group's.
    const left = ["rule 10 traffic local", "rule 10 set group h", "group h uplink a", "group h mode balance"];
    const lost = { ...worldOf([...UPLINKS, ...left], ["a"]), slots: new Map([["group h", 6]]) };
    const own = explain(ownPacket({ source: "203.0.113.2" }), [], lost);
    expect(own.end).toMatchObject({ ways: ["b"], bySource: true });
    expect(own.marked.map(({ owner }) => owner)).toEqual(["group h"]);
    // What the router sends was given its source for main.
    expect(explained(["rule 10 traffic local", "rule 10 set uplink b"], ownPacket()).sourceNat).toBe("masquerade");
    expect(explained(["rule 10 set uplink b"]).sourceNat).toBeUndefined();
  });

  test("marks lie in the lower bits of the operator's mask", () => {
    expect(explained(["rule 10 set uplink b", "mark-mask 0x00ff0000"]).marked[0]).toMatchObject({ value: "0x00020000" });
    expect(explained(["rule 10 set uplink b", "mark-mask 0xff000000"]).marked[0]).toMatchObject({ value: "0x02000000" });
  });

  test.each([
    ["QUIC", ["rule 10 protocol tcp", "rule 10 set uplink a"], packet({ protocol: 17 }), /"protocol tcp_udp" in rule 10/],
    [
      "a hidden rule",
      ["rule 10 set uplink a", "rule 20 protocol tcp", "rule 20 set uplink b"],
      packet(),
      /^Rule 20 matches too and is/,
    ],
    ["the other family", ["rule 10 set uplink a", "uplink a if-down prohibit"], packet(), /^IPv6 .*: prohibit\.$/],
    ["an ICMP error", [], packet({ protocol: 1, icmpType: 3 }), /^An ICMP error/],
    ["a packet without connection", [], packet({ state: "invalid" }), /^A packet that belongs to no connection/],
    ["a related connection", [], packet({ state: "related" }), /^A connection that was announced/],
    ["disabled", ["disable"], packet(), /^Policy routing is disabled/],
  ])("hints: %s", (_name, lines, asked, hint) => {
    expect(explained(lines, asked).hints).toContainEqual(expect.stringMatching(hint));
  });

  test("no hint where there is nothing to say", () => {
    expect(explained(["rule 10 family ipv4", "rule 10 set uplink a"]).hints).toEqual([]);
  });
});

describe("what the kernel says", () => {
  const steered = explained(["rule 10 set uplink a"]);
  const main = { device: "eth2", gateway: "203.0.113.1" };

  test("is asked with mark, interface, addresses, protocol and ports, once without the mark, and who installed that route", () => {
    const plain = "192.0.2.9 from 192.168.1.7 iif eth0 ipproto tcp sport 1024 dport 443".split(" ");
    expect(lookups(steered)).toEqual([[...plain, "mark", "0x00100000"], plain, ["fibmatch", ...plain]]);
    expect(lookups(explained([], ownPacket({ protocol: 99 })))).toEqual([
      "192.0.2.9 from 192.168.1.1 uid 1000".split(" "),
      "fibmatch 192.0.2.9 from 192.168.1.1 uid 1000".split(" "),
    ]);
    expect(lookups(explained(["rule 10 action drop"]))).toEqual([]);
  });

  test("agrees, or both answers are told", () => {
    expect(judgeKernel(steered, [{ device: "eth1", gateway: "198.51.100.1" }, main])).toMatchObject({ agrees: true });
    for (const answer of [main, { device: "eth1", gateway: "198.51.100.9" }, { error: "RTNETLINK answers: Permission denied" }])
      expect(judgeKernel(steered, [answer, main])?.agrees).toBe(false);
    expect(judgeKernel(steered, [main, main])?.disagreements).toEqual([
      "the configuration means eth1 via 198.51.100.1, the kernel says eth2 via 203.0.113.1",
    ]);
  });

  test("says who installed main's route, where that is known", () => {
    const by = (protocol?: number) =>
      judgeKernel(steered, [main, main, protocol === undefined ? { error: "?" } : { protocol }])?.mainBy;
    expect([186, 4, 16, 2, 3, undefined].map(by)).toEqual(["BGP", "static", "DHCP", undefined, undefined, undefined]);
  });

  test("a kill switch has to refuse", () => {
    const killed = explained(["rule 10 set uplink a", "uplink a if-down prohibit"], packet(), ["a"]);
    expect(judgeKernel(killed, [{ error: "RTNETLINK answers: Permission denied" }, main])).toMatchObject({ agrees: true });
    expect(judgeKernel(killed, [main, main])).toMatchObject({ agrees: false });
  });
});

describe("a tracked connection", () => {
  const world = { ...worldOf([...UPLINKS, "rule 10 set group g"]), slots: SLOTS };
  const steered = explain(packet(), [], world);
  const line = (mark: number): string =>
    `tcp      6 431999 ESTABLISHED src=192.168.1.7 dst=192.0.2.9 sport=1024 dport=443 src=192.0.2.9 dst=198.51.100.2 sport=443 dport=1024 [ASSURED] mark=${mark} use=1\n`;

  test.each([
    [0x00400000, { owner: "member g a", cameIn: false, agrees: true }],
    [0x00500000, { owner: "member g b", cameIn: false, agrees: false }],
    [0x07f00000, { owner: "main", cameIn: false, agrees: false }],
    [0x08100000, { owner: "uplink a", cameIn: true, agrees: false }],
    [0x00000001, { cameIn: false, agrees: false }],
  ])("mark %i", (mark, said) => {
    const connection = readConnection(line(mark), steered, world);
    expect(connection).toMatchObject(said);
    expect(connection?.text).toBe("tcp 192.168.1.7 port 1024 -> 192.0.2.9 port 443");
  });

  test("none", () => {
    expect(readConnection("", steered, world)).toBeUndefined();
  });
});
