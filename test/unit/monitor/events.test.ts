import { describe, expect, test } from "vitest";
import { ipEvent, lostLink } from "../../../src/monitor/ip-event.ts";
import { nftEvent } from "../../../src/monitor/nft-event.ts";
import { savedLines } from "../../../src/monitor/saved-lines.ts";

describe("lines of ip -o monitor label", () => {
  // As iproute2 6.1 prints them; that of a prefix is not recorded but follows its source (ipmonitor.c, ipaddress.c).
  test.each([
    ["[LINK]6: eth1@if5: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default", "link"],
    ["[LINK]Deleted 7: ppp0: <POINTOPOINT> mtu 1492 qdisc noop state DOWN group default", "link"],
    ["[ADDR]Deleted 6: eth1    inet 198.51.100.7/24 scope global secondary eth1\\       valid_lft forever", "address"],
    ["[RULE]Deleted 600:\tfrom all fwmark 0x100000/0xff00000 lookup 2001 proto 157", "rule"],
    ["[PREFIX]prefix 2001:db8:9::/64 dev eth1 onlink autoconf valid 86400 preferred 14400", "prefix"],
    ["[NETCONF]inet dev eth1 rp_filter strict", "sysctl"],
    ["[ROUTE]default via 198.51.100.1 dev eth1", undefined],
    ["", undefined],
  ])("%s", (line, wake) => expect(ipEvent(line)).toBe(wake));
});

describe("a link that is gone", () => {
  // Linux 6.18, iproute2 6.1: the other end taken down, then up; this one; removed, made anew. A NO-CARRIER comes before the carrier does.
  test.each([
    ["[LINK]3: eth1@p1: <NO-CARRIER,BROADCAST,MULTICAST,UP,M-DOWN> mtu 1500 state LOWERLAYERDOWN", "eth1"],
    ["[LINK]3: eth1@p1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP", undefined],
    ["[LINK]3: eth1: <BROADCAST,MULTICAST> mtu 1500 state DOWN", "eth1"],
    ["[LINK]3: eth1.7@eth1: <NO-CARRIER,BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state LOWERLAYERDOWN", "eth1.7"],
    ["[LINK]Deleted 3: ppp0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1492 state DOWN", "ppp0"],
    ["[LINK]5: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420 state UNKNOWN", undefined],
    ["[ADDR]Deleted 3: eth1    inet6 fe80::1/64 scope link", undefined],
  ])("%s", (line, device) => expect(lostLink(line)).toBe(device));
});

describe("lines of nft monitor ruleset", () => {
  // As nft 1.0.6 prints them; the error is from its source (mnl.c).
  test.each([
    ["insert rule ip mangle PREROUTING counter packets 0 bytes 0 jump WANLOADBALANCE_PRE", "tables"],
    ["delete rule ip mangle PREROUTING handle 12", "tables"],
    ["add rule ip6 raw VYATTA_CT_PREROUTING_HOOK counter packets 0 bytes 0 return", "tables"],
    ["delete rule ip mangle POLICY_ROUTE_FWD handle 40", "tables"],
    ["delete rule ip policy_route POLICY_ROUTE_PRE handle 40", "tables"],
    ["# ERROR: We lost some netlink events!", "overflow"],
    // Everything in our own tables.
    ["add table ip policy_route { flags dormant; }", "tables"],
    ["delete table ip6 policy_route", "tables"],
    ["add chain ip policy_route POLICY_ROUTE_PRE { type filter hook prerouting priority mangle + 1; policy drop; }", "tables"],
    ["add chain ip policy_route theirs { type filter hook forward priority filter; policy drop; }", "tables"],
    ["delete element ip policy_route policy_route_4_1670eb6c9c376814 { 10.0.0.0/8 }", "tables"],
    ["add map ip policy_route m { type ipv4_addr : verdict; } ", "tables"],
    // Who marks or untracks, or is told by his table; and who goes.
    ["add rule ip vyos_mangle VYOS_PBR_UD_a ip saddr 192.168.188.9 meta mark set 0x7fffff9b", "tables"],
    ["add rule inet fw pre handle 4 ct mark set 0x00000001", "tables"],
    ["add rule ip6 vyos_conntrack pre handle 3 udp dport 53 notrack", "tables"],
    ["add rule ip mangle THEIRS counter packets 0 bytes 0 meta mark set mark and 0xffffff00 xor 0x1", "tables"],
    ["add chain ip vyos_mangle pre { type filter hook prerouting priority mangle; policy accept; }", "tables"],
    ["delete table inet fw", "tables"],
    // What others do in their own chains and tables is not looked at.
    ["add rule ip mangle WANLOADBALANCE_PRE counter packets 0 bytes 0 accept", undefined],
    ["add rule ip filter FORWARD counter packets 0 bytes 0 accept", undefined],
    ["add rule inet fw4 PREROUTING counter packets 0 bytes 0 accept", undefined],
    ["# new generation 4711 by process 812 (iptables-restor)", undefined],
    ["add chain ip mangle POLICY_ROUTE_PRE", undefined],
    ["add table inet fw4", undefined],
    ["delete table bridge policy_route", undefined],
    ["add chain inet fw4 input { type filter hook input priority filter; policy drop; }", undefined],
    ["add chain ip nat2 dnat { type nat hook prerouting priority dstnat; policy accept; }", undefined],
    ["add element inet fw4 policy_route { 192.0.2.7 }", undefined],
    ["add rule inet fw4 input meta mark 0x00000001 accept", undefined],
    ['add rule inet fw4 input log prefix "mark set notrack"', undefined],
    ["add rule bridge b pre meta mark set 0x00000001", undefined],
  ])("%s", (line, wake) => expect(nftEvent(line)).toBe(wake));
});

describe("two saves", () => {
  const save = (packets: number, mangle: string, filter = "") =>
    `# Generated by iptables-save v1.8.9 on ${packets}\n*mangle\n:PREROUTING ACCEPT [${packets}:9]\n:THEIRS - [0:0]\n${mangle}\nCOMMIT\n*filter\n:INPUT ACCEPT [1:2]\n${filter}\nCOMMIT\n`;
  const old = save(1, "-A PREROUTING -j POLICY_ROUTE_PRE\n-A THEIRS -j RETURN");
  test("counters, other tables and other chains make no difference", () => {
    expect(savedLines(save(77, "-A PREROUTING -j POLICY_ROUTE_PRE\n-A THEIRS -j ACCEPT", "-A INPUT -j DROP"))).toBe(
      savedLines(old),
    );
  });
  test("the order of a hook's rules does", () => {
    expect(savedLines(save(1, "-A PREROUTING -j THEIRS\n-A PREROUTING -j POLICY_ROUTE_PRE"))).not.toBe(savedLines(old));
  });
});
