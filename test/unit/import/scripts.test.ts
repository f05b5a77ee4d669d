import { describe, expect, it } from "vitest";
import { imported, linesOf, refusals } from "./read.ts";

/** A table with a default and an ip rule for its mark. */
const DSL = "ip route add default via 198.51.100.1 dev eth1 table 20\nip rule add fwmark 1 table 20\n";
const CABLE = "ip route add default via 192.0.2.1 dev eth2 table 30\nip rule add fwmark 2 table 30\n";

const rulesOf = (...texts: readonly string[]): string[] =>
  linesOf(...texts).flatMap((line) =>
    line.startsWith("rule ") && !line.endsWith("family ipv4") ? [line.replace("rule ", "")] : [],
  );
const leftOf = (...texts: readonly string[]): string => imported(...texts).left.join("\n");

describe("matches", () => {
  it("of time, in UTC", () => {
    const script = `${DSL}
iptables -t mangle -A PREROUTING -m time --timestart 22:00 --timestop 06:00:00 --weekdays Mon,Tue --contiguous --datestop 2038-01-19T03:14:07 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p udp -m time ! --monthdays 1,15 --datestart 2026-12-24 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p tcp -m time --timestart 22:00 --timestop 06:00 --weekdays 1 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p icmp -m time --kerneltz --timestart 22:00 -j MARK --set-mark 1`;
    expect(rulesOf(script)).toEqual([
      "10 time starttime 22:00",
      "10 time stoptime 06:00:00",
      "10 time weekdays Mon,Tue",
      "10 time utc",
      "10 set uplink eth1",
      "20 protocol udp",
      "20 time monthdays '!1,15'",
      "20 time startdate 2026-12-24",
      "20 time utc",
      "20 set uplink eth1",
    ]);
    expect(leftOf(script)).toContain(
      "a window past midnight belongs to the day on which it begins: on days without --contiguous it cannot be said",
    );
    expect(leftOf(script)).toContain("cannot match --kerneltz");
  });

  it("of sets, by one end", () => {
    const script = `${DSL}
iptables -t mangle -A PREROUTING -m set ! --match-set office src -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p udp -m set --match-set blocked dst -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p tcp -m set --match-set pairs dst,dst -j MARK --set-mark 1`;
    expect(rulesOf(script)).toEqual([
      "10 source ipset '!office'",
      "10 set uplink eth1",
      "20 protocol udp",
      "20 destination ipset blocked",
      "20 set uplink eth1",
    ]);
    expect(leftOf(script)).toContain("cannot match --match-set pairs dst,dst");
  });

  it("of IPsec", () => {
    const script = `${DSL}
iptables -t mangle -A PREROUTING -m policy --dir in --pol ipsec -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -m policy --dir in --pol none -p udp -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -m policy --dir in --pol ipsec --reqid 7 -p tcp -j MARK --set-mark 1`;
    expect(rulesOf(script)).toEqual([
      "10 ipsec match-ipsec",
      "10 set uplink eth1",
      "20 protocol udp",
      "20 ipsec match-none",
      "20 set uplink eth1",
    ]);
    expect(leftOf(script)).toContain("cannot match --reqid");
  });
});

describe("chains", () => {
  it("of marks the last one counts, what is accepted in between keeps what it had", () => {
    const script = `${DSL}${CABLE}
iptables -t mangle -A PREROUTING -p tcp -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -d 203.0.113.0/24 -j ACCEPT
iptables -t mangle -A PREROUTING -p tcp --dport 25 -j MARK --set-mark 2`;
    expect(rulesOf(script)).toEqual([
      "10 protocol tcp",
      "10 destination address 203.0.113.0/24",
      "10 set uplink eth1",
      "20 destination address 203.0.113.0/24",
      "20 action exempt",
      "30 protocol tcp",
      "30 destination port 25",
      "30 set uplink eth2",
      "40 protocol tcp",
      "40 set uplink eth1",
    ]);
  });

  it("rules that ask whether there is a mark already: then the first one counts", () => {
    const script = `${DSL}${CABLE}
iptables -t mangle -A PREROUTING -j CONNMARK --restore-mark
iptables -t mangle -A PREROUTING -m mark ! --mark 0 -j ACCEPT
iptables -t mangle -A PREROUTING -i eth0 -p udp -m mark --mark 0 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -i eth0 -m mark --mark 0 -j MARK --set-mark 2
iptables -t mangle -A PREROUTING -j CONNMARK --save-mark`;
    expect(rulesOf(script)).toEqual([
      "10 inbound-interface eth0",
      "10 protocol udp",
      "10 set uplink eth1",
      "20 inbound-interface eth0",
      "20 set uplink eth2",
    ]);
  });

  it("chains of the script's own, marks with masks, and the words that there are for one thing", () => {
    const script = `ip route add default via 198.51.100.1 dev eth1 table 20
ip rule add fwmark 0x100/0xf00 lookup 20 prio 100
iptables -t mangle -N STEER
iptables -w -t mangle -A PREROUTING --in-interface=eth0 -j STEER
iptables -t mangle -A STEER -s 10.0.0.0/255.255.255.0,10.0.1.5 -p tcp -m multiport --dports 80,443,8000:8010 -m comment --comment "web $(whoami) 'x'" -j MARK --set-mark 0x100/0xf00
iptables -t mangle -A STEER -p udp --dport 1024: -m iprange --src-range 10.0.0.7-10.0.0.9 -j MARK --or-mark 0x100
ip6tables -t mangle -A PREROUTING -i eth0 -p tcp --syn -j MARK --set-mark 0x900`;
    expect(linesOf(script).filter((line) => line.startsWith("rule"))).toEqual([
      "rule 10 description 'web $(whoami) x'",
      "rule 10 inbound-interface eth0",
      "rule 10 protocol tcp",
      "rule 10 source address 10.0.0.0/24",
      "rule 10 source address 10.0.1.5",
      "rule 10 destination port 80,443,8000-8010",
      "rule 10 set uplink eth1",
      "rule 20 inbound-interface eth0",
      "rule 20 protocol udp",
      "rule 20 destination port 1024-65535",
      "rule 20 source address 10.0.0.7-10.0.0.9",
      "rule 20 set uplink eth1",
    ]);
    expect(leftOf(script)).toContain("mark 2304 leads nowhere: there is no ip rule for it here");
  });

  it("what rules cannot say is left out with the reason, and said loudly where the rest takes more than was taken", () => {
    const script = `${DSL}
iptables -t mangle -A PREROUTING -m recent --rcheck -j ACCEPT
iptables -t mangle -A PREROUTING -p tcp -m string --string x --algo bm -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -m statistic --mode random --probability 0.5 -j MARK --set-mark 1
iptables -t mangle -A FORWARD -p tcp -j MARK --set-mark 1
iptables -t mangle -A OUTPUT -o eth1 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -j TEE --gateway 10.0.0.3
iptables -t mangle -A INPUT -p tcp -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p icmp -j MARK --set-mark 1
nft add table ip x`;
    expect(rulesOf(script)).toEqual(["10 protocol icmp", "10 set uplink eth1"]);
    expect(imported(script).left).toHaveLength(8);
    expect(leftOf(script)).toMatch(/^# line 4: .*TOO WIDE WITHOUT IT/m);
    expect(leftOf(script)).toMatch(/^# line 5: .*a rule of policy-route cannot match --string/m);
    expect(leftOf(script)).toMatch(/^# line 10: .*a mark from INPUT steers nothing/m);
    expect(leftOf(script)).toMatch(/^# line 12: .*rules of nft are not read/m);
  });
});

describe("shell", () => {
  it("variables, loops, continued lines, pipes to tee, and what is undone is not done", () => {
    const script = `IF=eth1; GW="198.51.100.1"
T=20
echo "$T dsl" | sudo tee -a /etc/iproute2/rt_tables
for port in 80 443
do
  iptables -t mangle -A PREROUTING -p tcp --dport $port \\
    -j MARK --set-mark \${MARK:-0x1}
done
for i in 1 2; do iptables -t mangle -A PREROUTING -s 10.0.$i.0/24 -p udp -j MARK --set-mark 1; done
iptables -t mangle -A PREROUTING -p icmp -j MARK --set-mark 1
iptables -t mangle -D PREROUTING -p icmp -j MARK --set-mark 1
ip ru add fwmark 1 table dsl
ip route replace default via "\${GW}" dev $IF table dsl
case "$1" in
  start) iptables -t mangle -A PREROUTING -p 47 -j MARK --set-mark 1 ;;
  stop)
    iptables -t mangle -F PREROUTING
    ;;
esac
if true; then
  iptables -t mangle -A PREROUTING -p esp -j MARK --set-mark 1
else
  iptables -t mangle -A PREROUTING -p ah -j MARK --set-mark 1
fi`;
    expect(linesOf(script).slice(0, 3)).toEqual([
      "uplink dsl interface eth1",
      "uplink dsl gateway 198.51.100.1",
      "uplink dsl table 20",
    ]);
    expect(rulesOf(script)).toEqual([
      "10 protocol tcp",
      "10 destination port 80,443",
      "10 set uplink dsl",
      "20 protocol udp",
      "20 source address 10.0.1.0/24",
      "20 source address 10.0.2.0/24",
      "20 set uplink dsl",
      "30 protocol 47",
      "30 set uplink dsl",
      "40 protocol esp",
      "40 set uplink dsl",
    ]);
    expect(imported(script).left).toEqual([
      '# line 17: iptables -t mangle -F PREROUTING: under "stop": takes back what the script does',
      "# line 23: iptables -t mangle -A PREROUTING -p ah -j MARK --set-mark 1: the other branch of an if: the first one is taken",
    ]);
  });

  it("a value that is not known is named; a comment is no command", () => {
    const script = `${DSL}#!/bin/sh
# iptables -t mangle -A PREROUTING -p udp -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -s $LAN -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p tcp -j MARK --set-mark $M`;
    expect(rulesOf(script)).toEqual([]);
    expect(leftOf(script)).toContain("what $LAN is, is known only when the script runs");
    expect(leftOf(script)).toContain("target MARK --set-mark $M does not steer");
  });
});

describe("ip rule and ip route", () => {
  it("a dump: iptables-save, ip rule and ip route show table all, with rules of every kind", () => {
    const save = `# Generated by iptables-save v1.8.9
*mangle
:PREROUTING ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:LAN - [0:0]
[12:3400] -A PREROUTING -i eth0 -g LAN
-A LAN -p tcp -m tcp --dport 443 -m comment --comment "web, mail" -j MARK --set-xmark 0x1/0xffffffff
COMMIT
*filter
-A INPUT -i lo -j ACCEPT
COMMIT`;
    const rules = `0:	from all lookup local
100:	from all to 172.16.0.0/12 lookup main
200:	from 198.51.100.2 lookup dsl
300:	from all fwmark 0x1 lookup dsl
301:	from all fwmark 0x1 unreachable
400:	from 10.0.7.0/24 lookup cable
500:	from all iif eth3 ipproto udp dport 53 lookup 99
600:	from all uidrange 1000-1010 lookup cable
32766:	from all lookup main
32767:	from all lookup default`;
    const routes = `default via 198.51.100.1 dev eth1 table dsl
198.51.100.0/24 dev eth1 table dsl scope link src 198.51.100.2
throw 192.168.0.0/16 table dsl
throw 192.168.0.0/16 table cable
10.9.0.0/16 via 10.0.0.1 dev eth0 table dsl
default table cable
	nexthop via 192.0.2.1 dev eth2 weight 3
	nexthop via 198.51.100.1 dev eth1 weight 1
default via 203.0.113.1 dev eth3 proto dhcp metric 100
local 10.0.0.9 dev eth0 table local proto kernel scope host src 10.0.0.9`;
    const names = "20\tdsl\n30\tcable\n255\tlocal";
    const { commands, left } = imported(save, rules, routes, names);
    expect(commands.slice(0, 14).map((line) => line.replace("set policy-route ", ""))).toEqual([
      "uplink dsl interface eth1",
      "uplink dsl gateway 198.51.100.1",
      "uplink dsl table 20",
      "uplink dsl mark 1",
      "uplink dsl if-down unreachable",
      "uplink eth2 interface eth2",
      "uplink eth2 gateway 192.0.2.1",
      "uplink eth2 source-rule disable",
      "uplink eth2 track-inbound disable",
      "group cable mode balance",
      "group cable uplink eth2 weight 3",
      "group cable uplink dsl weight 1",
      "exempt destination 192.168.0.0/16",
      "exempt destination 172.16.0.0/12",
    ]);
    expect(rulesOf(save, rules, routes, names)).toEqual([
      "10 description 'web, mail'",
      "10 inbound-interface eth0",
      "10 protocol tcp",
      "10 destination port 443",
      "10 set uplink dsl",
      "20 traffic all",
      "20 source address 10.0.7.0/24",
      "20 set group cable",
      "30 inbound-interface eth3",
      "30 protocol udp",
      "30 destination port 53",
      "30 set table 99",
      "40 traffic local",
      "40 user 1000-1010",
      "40 set group cable",
    ]);
    expect(left.join("\n")).toMatch(/^# file3 line 5: 10.9.0.0\/16 .*what is steered to it goes by it also to here/m);
    expect(left.join("\n")).toMatch(/^# file1 line 10: .*table filter is the firewall's/m);
  });

  it("the same for IPv6 is said once, what only one family has says so", () => {
    const script = `ip route add default via 198.51.100.1 dev eth1 table 20
ip -6 route add default via 2001:db8:1::1 dev eth1 table 20
ip rule add fwmark 1 table 20
ip -6 rule add fwmark 1 table 20
for t in iptables ip6tables; do $t -t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-mark 1; done
iptables -t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-mark 1
ip6tables -t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-mark 1
ip6tables -t mangle -A PREROUTING -p udp --dport 443 -j MARK --set-mark 1
ip6tables -t mangle -A PREROUTING -d 2001:db8:99::/48 -j MARK --set-mark 1`;
    expect(linesOf(script)).toEqual([
      "uplink eth1 interface eth1",
      "uplink eth1 gateway 198.51.100.1",
      "uplink eth1 gateway6 2001:db8:1::1",
      "uplink eth1 table 20",
      "uplink eth1 mark 1",
      "uplink eth1 source-rule disable",
      "uplink eth1 track-inbound disable",
      "rule 10 protocol tcp",
      "rule 10 destination port 80",
      "rule 10 set uplink eth1",
      "rule 20 family ipv6",
      "rule 20 protocol udp",
      "rule 20 destination port 443",
      "rule 20 set uplink eth1",
      "rule 30 destination address 2001:db8:99::/48",
      "rule 30 set uplink eth1",
    ]);
  });
});

describe("routers", () => {
  const EXPECTED = [
    "uplink eth1 interface eth1",
    "uplink eth1 gateway 198.51.100.1",
    "uplink eth1 table 100",
    "uplink eth1 source-rule disable",
    "uplink eth1 track-inbound disable",
    "rule 10 family ipv4",
    "rule 10 inbound-interface eth0",
    "rule 10 destination group network-group LAN",
    "rule 10 action exempt",
    "rule 20 description 'web, mail'",
    "rule 20 family ipv4",
    "rule 20 inbound-interface eth0",
    "rule 20 protocol tcp",
    "rule 20 destination port 80,443",
    "rule 20 state new enable",
    "rule 20 log enable",
    "rule 20 set uplink eth1",
  ];
  it("VyOS 1.3: set commands among prose", () => {
    const text = `Policy routing on VyOS
vyos@r1# set policy route PBR rule 5 destination group network-group 'LAN'
set policy route PBR rule 5 set table 'main'
set policy route PBR rule 10 description 'web, mail'
set policy route PBR rule 10 protocol 'tcp'
set policy route PBR rule 10 destination port '80,443'
set policy route PBR rule 10 state new 'enable'
set policy route PBR rule 10 log 'enable'
set policy route PBR rule 10 set table '100'
set policy route PBR rule 20 limit rate '5/second'
set policy route PBR rule 20 set table '100'
set policy route PBR rule 30 set tcp-mss '1452'
set interfaces ethernet eth0 policy route 'PBR'
set protocols static table 100 route 0.0.0.0/0 next-hop 198.51.100.1
set load-balancing wan flush-connections`;
    expect(linesOf(text)).toEqual(EXPECTED);
    expect(imported(text).left).toEqual([
      "# line 10: policy route PBR rule 20: limit rate 5/second: no counterpart in a rule of policy-route",
      "# line 12: policy route PBR rule 30: set tcp-mss 1452: not steering",
      "# line 15: load-balancing wan: WAN load balancing: a group with mode balance does the like, with its own words",
    ]);
    expect(refusals(imported(text).commands)).toEqual([]);
  });

  it("VyOS 1.4: config.boot", () => {
    const text = `interfaces {
    ethernet eth1 {
        address 198.51.100.9/24
    }
}
policy {
    local-route {
        rule 50 {
            set {
                table 100
            }
            source {
                address 10.5.0.0/16
            }
        }
    }
    route PBR {
        interface eth0
        rule 5 {
            destination {
                group {
                    network-group LAN
                }
            }
            set {
                table main
            }
        }
        rule 10 {
            description "web, mail"
            destination {
                port 80,443
            }
            log
            protocol tcp
            set {
                table 100
            }
            state new
        }
    }
}
protocols {
    static {
        table 100 {
            route 0.0.0.0/0 {
                next-hop 198.51.100.1 {
                }
            }
        }
    }
}
`;
    // The ip rule of local-route has a lower preference than those of tables.
    const first = ["traffic all", "source address 10.5.0.0/16", "set uplink eth1"].map((line) => `rule 10 ${line}`);
    const rules = EXPECTED.slice(5).map((line) => line.replace(/^rule (.)0/, (_, n) => `rule ${Number(n) + 1}0`));
    expect(linesOf(text)).toEqual([...EXPECTED.slice(0, 5), ...first, ...rules]);
  });

  it("EdgeOS: firewall modify", () => {
    const text = `set firewall modify PBR rule 5 destination group network-group LAN
set firewall modify PBR rule 5 modify table main
set firewall modify PBR rule 10 action modify
set firewall modify PBR rule 10 description 'web, mail'
set firewall modify PBR rule 10 destination port 80,443
set firewall modify PBR rule 10 log enable
set firewall modify PBR rule 10 modify table 100
set firewall modify PBR rule 10 protocol tcp
set firewall modify PBR rule 10 state new enable
set interfaces ethernet eth0 firewall in modify PBR
set protocols static table 100 route 0.0.0.0/0 next-hop 198.51.100.1`;
    expect(linesOf(text)).toEqual(EXPECTED);
  });
});
