import { describe, expect, test } from "vitest";
import { decide } from "../../../src/explain/decide.ts";
import { type End, follow, followReplies } from "../../../src/explain/follow.ts";
import type { Packet } from "../../../src/explain/packet.ts";
import type { Sighted } from "../../../src/explain/sighted.ts";
import { ownPacket, packet, worldOf } from "./make-world.ts";

const UPLINKS = ["a", "b"].flatMap((name, i) => [
  `uplink ${name} interface eth${i + 1}`,
  `uplink ${name} gateway ${i === 0 ? "198.51.100.1" : "203.0.113.1"}`,
]);
const GROUP = ["group g uplink a priority 20", "group g uplink b priority 10", "group g if-down prohibit"];

const endOf = (asked: Packet, world: Sighted): End => follow(decide(asked, world).target, asked, world);
const way = (...ways: string[]): object => ({ to: "uplinks", ways });

describe("what decides", () => {
  test("the first rule that matches; later ones are not asked", () => {
    const world = worldOf([
      ...UPLINKS,
      "rule 5 protocol udp",
      "rule 5 action drop",
      "rule 10 set uplink a",
      "rule 20 set uplink b",
    ]);
    const { steps, by, target } = decide(packet(), world);
    expect(steps.map(({ what, verdict }) => `${what} ${verdict}`)).toEqual(["exempt no", "rule 5 no", "rule 10 match"]);
    expect({ by, target }).toEqual({ by: "rule 10", target: { to: "uplink", uplink: "a" } });
  });

  test.each([
    ["exempt destination 192.0.2.0/24", packet(), "exempt"],
    ["exempt source 192.168.1.0/24", packet(), "exempt"],
    ["exempt source 192.168.1.0/24", packet({ source: "192.168.2.7" }), "rule 10"],
    ["exempt connected enable", packet({ destination: "192.168.50.9" }), "connected"],
    ["exempt connected disable", packet({ destination: "192.168.50.9" }), "rule 10"],
    ["exempt connected enable", packet({ destination: "192.168.1.1" }), "own address"],
    ["exempt connected enable", packet({ inbound: "eth5" }), "exempt"],
  ])("%s: %s", (line, asked, by) => {
    expect(decide(asked, worldOf([...UPLINKS, line, "rule 10 set uplink a"])).by).toBe(by);
  });

  test("drop, prohibit and a table mean connected networks too", () => {
    const near = packet({ destination: "192.168.50.9" });
    for (const [line, to] of [
      ["action drop", "drop"],
      ["action prohibit", "prohibit"],
      ["set table 50", "table"],
    ] as const)
      expect(endOf(near, worldOf([...UPLINKS, `rule 10 ${line}`]))).toMatchObject({ to });
  });

  test("disabled: nothing", () => {
    expect(decide(packet(), worldOf([...UPLINKS, "rule 10 set uplink a", "disable"])).target).toEqual({ to: "main" });
    expect(decide(packet(), worldOf([...UPLINKS, "rule 10 set uplink a", "rule 10 disable"])).target).toEqual({ to: "main" });
  });
});

describe("where that leads", () => {
  const rule = "rule 10 set group g";
  test("a group goes by priority, and on to the next", () => {
    expect(endOf(packet(), worldOf([...UPLINKS, ...GROUP, rule]))).toEqual(way("b"));
    expect(endOf(packet(), worldOf([...UPLINKS, ...GROUP, rule], ["b"]))).toEqual(way("a"));
    expect(endOf(packet(), worldOf([...UPLINKS, ...GROUP, rule], ["a", "b"]))).toEqual({ to: "prohibit" });
  });

  test("a member that is held back is used when no other is", () => {
    const held = new Map([["g", new Map([["b", undefined]])]]);
    expect(endOf(packet(), { ...worldOf([...UPLINKS, ...GROUP, rule]), held })).toEqual(way("a"));
    expect(endOf(packet(), { ...worldOf([...UPLINKS, ...GROUP, rule], ["a"]), held })).toEqual(way("b"));
    const until = new Map([["g", new Map([["b", 100]])]]);
    expect(endOf(packet(), { ...worldOf([...UPLINKS, ...GROUP, rule]), held: until, now: 100 })).toEqual(way("b"));
  });

  test("a balanced group goes by all that are up; a disabled one is down", () => {
    expect(endOf(packet(), worldOf([...UPLINKS, ...GROUP, rule, "group g mode balance"]))).toEqual(way("b", "a"));
    expect(endOf(packet(), worldOf([...UPLINKS, ...GROUP, rule, "group g disable"]))).toEqual({ to: "prohibit" });
  });

  test("an uplink without IPv6 sends that half where if-down says", () => {
    const v6 = packet({ family: "ipv6", source: "2001:db8:a::7", destination: "2001:db8:99::1" });
    expect(endOf(v6, worldOf([...UPLINKS, "rule 10 set uplink a", "uplink a if-down unreachable"]))).toEqual({
      to: "unreachable",
    });
  });

  test("what the router sends from a line's address leaves by it, unless a rule says otherwise", () => {
    const own = ownPacket({ source: "203.0.113.2" });
    expect(endOf(own, worldOf(UPLINKS))).toEqual({ ...way("b"), bySource: true });
    expect(endOf(own, worldOf([...UPLINKS, "uplink b source-rule disable"]))).toEqual({ to: "main" });
    expect(endOf(own, worldOf([...UPLINKS, "rule 10 traffic local", "rule 10 set uplink a"]))).toEqual(way("a"));
    expect(endOf(own, worldOf([...UPLINKS, "rule 10 traffic local", "rule 10 set uplink a"], ["a"]))).toMatchObject(way("b"));
    expect(endOf(own, worldOf([...UPLINKS, "rule 10 traffic local", "rule 10 set table main"]))).toEqual({ to: "main" });
    expect(endOf(own, worldOf([...UPLINKS, "exempt destination 192.0.2.0/24"]))).toEqual({ to: "main" });
  });

  test("nothing leaves from the address of a line whose kill switch is shut, whatever a rule says", () => {
    const own = ownPacket({ source: "203.0.113.2" });
    const shut = [...UPLINKS, "uplink b if-down prohibit", "rule 10 traffic local", "rule 10 set uplink a"];
    expect(endOf(own, worldOf(shut, ["b"]))).toEqual({ to: "prohibit" });
    expect(endOf(own, worldOf([...shut, "uplink b source-rule disable"], ["b"]))).toEqual(way("a"));
    expect(endOf(own, worldOf([...shut, "exempt destination 192.0.2.0/24"], ["b"]))).toEqual({ to: "main" });
  });
});

describe("what comes in", () => {
  const outside = packet({ inbound: "eth1", source: "192.0.2.9", destination: "192.168.1.7", destinationPort: 22 });
  const replies = (asked: Packet, world: Sighted): End => followReplies(decide(asked, world), asked, world);

  test("is answered by the line it came in by, and no rule for forwarded traffic has it", () => {
    const world = worldOf([...UPLINKS, "rule 10 set uplink b"]);
    expect(decide(outside, world)).toMatchObject({ by: "track-inbound", target: { to: "main" } });
    expect(replies(outside, world)).toEqual(way("a"));
    expect(decide(outside, worldOf([...UPLINKS, "uplink a track-inbound disable", "rule 10 set uplink b"])).by).toBe("connected");
    // It belongs to no connection, which nobody answers.
    expect(decide({ ...outside, state: "invalid" }, world).by).toBe("connected");
  });

  test("one told by its MAC address and not tracked is not taken for the other on its interface", () => {
    const mac = "02:00:00:00:00:0b";
    const shared = [...UPLINKS, "uplink a2 interface eth1", "uplink a2 gateway 198.51.100.9", `uplink a2 gateway-mac ${mac}`];
    expect(replies({ ...outside, mac }, worldOf(shared))).toEqual(way("a2"));
    expect(decide({ ...outside, mac }, worldOf([...shared, "uplink a2 track-inbound disable"])).by).toBe(undefined);
    expect(replies(outside, worldOf([...shared, "uplink a2 track-inbound disable"]))).toEqual(way("a"));
  });

  test("rules for it come first, and are about uplinks where they name no interface", () => {
    const inbound = ["rule 10 traffic inbound", "rule 10 protocol tcp", "rule 10 destination port 22"];
    expect(replies(outside, worldOf([...UPLINKS, ...inbound, "rule 10 set reply-uplink b"]))).toEqual(way("b"));
    expect(replies(outside, worldOf([...UPLINKS, ...inbound, "rule 10 action exempt"]))).toEqual({ to: "main" });
    expect(decide(outside, worldOf([...UPLINKS, ...inbound, "rule 10 action drop"])).target).toEqual({ to: "drop" });
    const lan = packet({ destinationPort: 22 });
    expect(decide(lan, worldOf([...UPLINKS, ...inbound, "rule 10 set reply-uplink b"])).steps[0]).toMatchObject({
      verdict: "no",
      words: ["inbound interface is eth0, rule wants the interface of an uplink"],
    });
  });

  test("exempt networks: those who are answered and those who answer", () => {
    for (const line of ["exempt destination 192.0.2.0/24", "exempt source 192.168.1.7"])
      expect(replies(outside, worldOf([...UPLINKS, line]))).toEqual({ to: "main" });
  });

  test("two gateways in one network are told by the MAC address", () => {
    const both = [
      ...UPLINKS,
      "uplink c interface eth1",
      "uplink c gateway 198.51.100.9",
      "uplink c gateway-mac 52:54:00:00:00:09",
    ];
    expect(replies({ ...outside, mac: "52:54:00:00:00:09" }, worldOf(both))).toEqual(way("c"));
    expect(replies(outside, worldOf(both))).toEqual(way("a"));
  });
});
