import { describe, expect, it } from "vitest";
import { parseForeignRules } from "../../../src/kernel/iproute.ts";
import { parseIptablesSave } from "../../../src/kernel/parse-iptables-save.ts";
import { parseIptablesWrite, parseNftWrites } from "../../../src/kernel/parse-mark-write.ts";

const ALL = 0xffffffff;

// Lines as iptables-save 1.8.9 and nft -n 1.0.6 printed them.
describe("what a rule of others writes into marks", () => {
  it.each([
    ["-j MARK --set-xmark 0x40000/0xff0000", { of: "packet", mask: 0xff0000, value: 0x40000 }],
    [
      "-m mark --mark 0x7 -j MARK --set-xmark 0x0/0xfffffff0",
      { of: "packet", mask: 0xfffffff0, value: 0, only: { value: 7, mask: ALL } },
    ],
    ["-m mark ! --mark 0x7/0xff -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffff", { of: "connection", mask: 0xffff }],
    ["-m connmark --mark 0x5 -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xffff", { of: "packet", mask: 0xff }],
    ["-j CONNMARK --set-xmark 0xc9/0xffffffff", { of: "connection", mask: ALL, value: 0xc9 }],
  ])("iptables: %s", (words, write) => {
    expect(parseIptablesWrite(`-A PREROUTING ${words}`)).toEqual(write);
  });

  it.each([
    ["meta mark set meta mark & 0xff01ffff | 0x00010000", [{ of: "packet", mask: 0x00ff0000, value: 0x10000 }]],
    ["meta mark 0x0000ca6c ct mark set meta mark", [{ of: "connection", mask: ALL, only: { value: 0xca6c, mask: ALL } }]],
    ["meta mark set ct mark & 0x000000ff", [{ of: "packet", mask: ALL }]],
    [
      "ct mark set 0x00000007 meta mark set ct mark",
      [
        { of: "connection", mask: ALL, value: 7 },
        { of: "packet", mask: ALL },
      ],
    ],
    [
      "meta mark & 0x000000ff == 0x00000001 meta mark set meta mark | 0x00000080",
      [{ of: "packet", mask: 0x80, value: 0x80, only: { value: 1, mask: 0xff } }],
    ],
    ["meta mark set ip saddr map { 10.0.0.1 : 0x00000005 }", [{ of: "packet", mask: ALL }]],
    ["meta mark set meta mark ^ 0x00000003 accept", [{ of: "packet", mask: 3 }]],
    ["meta mark 0x00000001 accept", []],
  ])("nft: %s", (rule, writes) => {
    expect(parseNftWrites(`\t\t${rule}`)).toEqual(writes);
  });

  it("and from where packets come to it: over jumps, not from our own chains, nowhere where nothing leads", () => {
    const text = `*mangle
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:POLICY_ROUTE_T_1 - [0:0]
:deep - [0:0]
:lonely - [0:0]
:over - [0:0]
-A PREROUTING -j over
-A POSTROUTING -g deep
-A POLICY_ROUTE_T_1 -j MARK --set-xmark 0x100000/0xff00000
-A over -p tcp -j deep
-A deep -j MARK --set-xmark 0x1/0xffffffff
-A lonely -j MARK --set-xmark 0x2/0xffffffff
COMMIT
`;
    expect(parseIptablesSave(text, "ipv4").foreignWrites.map(({ place, hooks }) => [place, hooks])).toEqual([
      ["mangle deep", ["PREROUTING", "POSTROUTING"]],
      ["mangle lonely", []],
    ]);
  });
});

it("ip rules of others: not ours, not the three of the kernel, wherever they were moved", () => {
  const rules = [
    { priority: 600, src: "all", fwmark: "0x100000", fwmask: "0xff00000", table: "2001", protocol: "157" },
    { priority: 50, src: "10.0.0.0", srclen: 8, dst: "10.1.0.0", dstlen: 16, iif: "lo", uid_start: 0, uid_end: 5, table: "52" },
    { priority: 1000, src: "all", l3mdev: null, protocol: "2" },
    { priority: 5208, src: "all", table: "254", suppress_prefixlen: 0 },
    { priority: 5209, not: null, src: "all", fwmark: "0xca6c", table: "51820" },
    { priority: 5250, src: "all", fwmark: "0x80000", fwmask: "0xff0000", action: "7" },
    { priority: 32765, src: "all", table: "255", protocol: "2" },
    { priority: 32766, src: "all", table: "254", protocol: "2" },
  ];
  expect(parseForeignRules(rules, "ipv4").map(({ text }) => text)).toEqual([
    "50: from 10.0.0.0/8 to 10.1.0.0/16 iif lo uidrange 0-5 lookup 52",
    "1000: lookup [l3mdev-table]",
    "5208: lookup 254 suppress_prefixlength 0",
    "5209: not fwmark 0x0000ca6c/0xffffffff lookup 51820",
    "5250: fwmark 0x00080000/0x00ff0000 no table",
  ]);
});
