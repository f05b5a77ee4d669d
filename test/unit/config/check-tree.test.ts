import { describe, expect, it } from "vitest";
import { treeBelow } from "../../../src/config/build-tree.ts";
import { checkConfig } from "../../../src/config/check-tree.ts";
import { configuredInterfaces } from "../../../src/config/configured-interfaces.ts";
import { formatIssue } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseCurly } from "../../../src/config/parse-curly.ts";
import { check, errorsOf, ROUTER, treeOf, warningsOf } from "./read.ts";

const DSL = ["uplink dsl interface eth1", "uplink dsl gateway dhcp"];

/** The proposed configuration of a router, of which the kernel knows nothing yet: as at boot. */
const AT_BOOT = {
  links: [],
  configured:
    configuredInterfaces(
      parseCurly(`interfaces {
    ethernet eth0 {
        address 192.168.1.1/24
        vif 100 {
            address 10.100.0.1/24
        }
    }
    ethernet eth1 {
        address dhcp
        pppoe 0 {
        }
    }
    ethernet eth2 {
        address 192.0.2.2/24
        address 2001:db8:2::2/64
    }
    loopback lo {
    }
    tunnel tun7 {
        address 10.7.0.1/30
    }
}
`).tree,
    ) ?? [],
};

/** Errors of what this release does not support yet, which the refusal as such would drown. */
function laterErrors(lines: readonly string[], context = {}): string[] {
  const config = parseConfig(treeOf(lines), BUILT_IN_LOOKUPS);
  return checkConfig(config, { ...ROUTER, ...context }).errors.map(formatIssue);
}

describe("an uplink's way", () => {
  it.each<[string[], string]>([
    [["uplink dsl gateway dhcp"], 'policy-route uplink dsl: interface must be set, such as "interface eth1"'],
    [["uplink dsl interface eth9"], "policy-route uplink dsl: interface eth9 does not exist (there are eth0, eth1, eth2)"],
    [
      ["uplink dsl interface eth1", "uplink dsl gateway 10.9.9.1"],
      'policy-route uplink dsl: gateway 10.9.9.1 is not in a network of eth1; add "onlink" if that is meant',
    ],
    [
      ["uplink dsl interface eth2", "uplink dsl gateway6 2001:db8:9::1"],
      'policy-route uplink dsl: gateway6 2001:db8:9::1 is not in a network of eth2; add "onlink" if that is meant',
    ],
    [
      ["uplink dsl interface eth1", "uplink dsl gateway 192.0.2.2"],
      "policy-route uplink dsl: gateway 192.0.2.2 is an address of this router; name that of the other end",
    ],
  ])("%j", (lines, message) => {
    expect(errorsOf(lines)).toEqual([message]);
  });

  it.each([
    [["uplink dsl interface eth1", "uplink dsl gateway 198.51.100.1"]],
    [["uplink dsl interface eth1", "uplink dsl gateway 10.9.9.1", "uplink dsl onlink"]],
    [["uplink dsl interface eth1", "uplink dsl gateway6 fe80::1"]],
    [["uplink dsl interface eth2", "uplink dsl gateway6 2001:db8:2::1"]],
    [DSL],
  ])("%j is fine", (lines) => {
    expect(check(lines)).toMatchObject({ errors: [], warnings: [] });
  });

  it("only warns of an interface that comes with a line", () => {
    const { errors, warnings } = check(["uplink a interface ppp1", "uplink a gateway ppp"]);
    expect(errors).toEqual([]);
    expect(warnings.map(formatIssue)).toEqual([
      "policy-route uplink a: interface ppp1 does not exist yet; what hangs on it begins to work when it does",
    ]);
  });

  it("warns of DHCP without a lease, once leases are known", () => {
    expect(warningsOf(DSL, { ...ROUTER, leases: new Set() })).toEqual([
      "policy-route uplink dsl: eth1 has no DHCP lease yet; until it has, if-down main applies",
    ]);
    expect(warningsOf(DSL, { ...ROUTER, leases: new Set(["eth1"]) })).toEqual([]);
  });

  it("is judged by the proposed configuration where there is one", () => {
    const at = (...lines: string[]) => errorsOf(lines, AT_BOOT);
    expect(at("uplink two interface eth2")).toEqual(["policy-route uplink two: gateway must be set (eth2 has a static address)"]);
    expect(at("uplink two interface eth2", "uplink two gateway none")).toEqual([]);
    expect(at("uplink two interface eth1")).toEqual([]);
    expect(at("uplink two interface tun7")).toEqual([]);
    expect(at("uplink two interface eth1", "uplink two gateway 198.51.100.1")).toEqual([]);
    expect(at("uplink two interface eth0.100", "uplink two gateway 10.100.0.9")).toEqual([]);
    expect(at("uplink two interface eth2", "uplink two gateway 10.9.9.1")).toEqual([
      'policy-route uplink two: gateway 10.9.9.1 is not in a network of eth2; add "onlink" if that is meant',
    ]);
    expect(at("uplink two interface eth2", "uplink two gateway 192.168.1.1")).toEqual([
      "policy-route uplink two: gateway 192.168.1.1 is an address of this router; name that of the other end",
    ]);
    expect(at("uplink two interface eth2", "uplink two gateway 192.0.2.1", "uplink two source-address 192.0.2.10")).toEqual([
      'policy-route uplink two: source-address 192.0.2.10 is not an address of this router; give eth2 that address, or use "auto"',
    ]);
    expect(at("uplink two interface eth3", "uplink two gateway none")[0]).toContain("interface eth3 does not exist");
    expect(warningsOf(["uplink two interface pppoe0"], AT_BOOT)).toEqual([]);
  });
});

describe("an uplink's numbers", () => {
  const two = (...more: string[]) => errorsOf(["uplink a interface eth1", "uplink b interface eth2", ...more]);

  it.each<[string[], string]>([
    [["uplink a table 200", "uplink b table 200"], "policy-route uplink a and b: both use table 200; each needs its own"],
    [["uplink a mark 2", "uplink b mark 2"], "policy-route uplink a and b: both use mark 2; each needs its own"],
    [["uplink a table-name b"], "policy-route uplink a and b: both use table-name b; each needs its own"],
    [["uplink a table 201"], "policy-route uplink a: table 201 belongs to load-balancing wan; use 1-200 or 256 and up"],
    [["uplink a table 252"], "policy-route uplink a: table 252 belongs to load-balancing wan; use 1-200 or 256 and up"],
    [["uplink a table 0"], 'policy-route uplink a: table 0 is the kernel\'s table "unspec"; use 1-200 or 256 and up'],
    [["uplink a table 254"], 'policy-route uplink a: table 254 is the kernel\'s table "main"; use 1-200 or 256 and up'],
    [["uplink a table 255"], 'policy-route uplink a: table 255 is the kernel\'s table "local"; use 1-200 or 256 and up'],
    [["mark-mask 0xf0000", "uplink a mark 7"], "policy-route uplink a: mark 7 does not fit into mark-mask 0x000f0000; use 1-6"],
  ])("%j", (lines, message) => {
    expect(two(...lines)).toEqual([message]);
  });

  it("may be 1-200 and 256 and up", () => {
    expect(two("uplink a table 200", "uplink b table 256")).toEqual([]);
  });

  it("may be the same when only one of the uplinks is used", () => {
    expect(two("uplink a table 200", "uplink b table 200", "uplink b disable")).toEqual([]);
    expect(two("uplink a table 200", "uplink b table 200", "uplink b disable", "rule 1 set uplink b")).toHaveLength(1);
  });

  it("names all of three", () => {
    expect(two("uplink a mark 2", "uplink b mark 2", "uplink c mark 2", "uplink c interface eth0")).toEqual([
      "policy-route uplink a, b and c: all use mark 2; each needs its own",
    ]);
  });

  it("may not take a name that a table of the router has", () => {
    const context = { ...ROUTER, tableNames: new Map([["voip", 77]]) };
    expect(errorsOf(["uplink voip interface eth1"], context)).toEqual([
      'policy-route uplink voip: table-name voip is already the name of table 77 on this router; use another, or "table 77"',
    ]);
    expect(errorsOf(["uplink voip interface eth1", "uplink voip table 77"], context)).toEqual([]);
  });

  it("say once that 200 uplinks do not fit", () => {
    const lines = Array.from({ length: 200 }, (_, i) => `uplink u${i} interface eth1`);
    expect(errorsOf(lines)).toEqual([
      "policy-route: 200 uplinks, groups and group members do not fit into mark-mask 0x0ff00000 (126); use a wider one, such as 0x0ff00000, or fewer",
    ]);
    expect(errorsOf(lines.slice(0, 126))).toEqual([]);
    expect(errorsOf(lines.slice(0, 127))).toHaveLength(1);
    expect(errorsOf([...lines.slice(0, 126), "rule 1 set table main"])).toEqual([
      "policy-route: 127 uplinks, groups, group members and tables of rules do not fit into mark-mask 0x0ff00000 (126); use a wider one, such as 0x0ff00000, or fewer",
    ]);
  });
});

describe("an uplink's use", () => {
  it("is missing when no rule names it and neither inbound connections nor its own address do", () => {
    const idle = [...DSL, "uplink dsl track-inbound disable", "uplink dsl source-rule disable"];
    expect(warningsOf(idle)).toEqual([
      "policy-route uplink dsl: nothing uses this uplink: no rule, no group, and track-inbound and source-rule are disabled",
    ]);
    expect(warningsOf([...idle, "rule 10 set uplink dsl"])).toEqual([]);
    expect(warningsOf([...idle, "rule 10 set uplink dsl", "rule 10 disable"])).toHaveLength(1);
    expect(warningsOf(DSL)).toEqual([]);
  });

  it("is told from another uplink's on one interface by nothing", () => {
    const two = ["uplink a interface eth1", "uplink b interface eth1"];
    const message =
      "policy-route uplink a and b: track-inbound cannot tell them apart on eth1 without gateway-mac: all that comes in there is answered by a";
    expect(warningsOf(two)).toEqual([message]);
    expect(warningsOf([...two, "uplink c interface eth1"])).toEqual([
      message.replace("a and b", "a, b and c").replace(/b$/, "c"),
    ]);
    expect(warningsOf([...two, "uplink b track-inbound disable"])).toEqual([]);
    expect(warningsOf([...two, "uplink b disable"])).toEqual([]);
    expect(warningsOf(["uplink a interface eth1", "uplink b interface eth0"])).toEqual([]);
  });

  it("cannot be told from a LAN's on one interface", () => {
    const both = ["uplink r2 interface eth0", "rule 10 source interface-network eth0", "rule 10 set uplink r2"];
    const message = "policy-route uplink r2: eth0 is also a LAN interface; track-inbound needs gateway-mac";
    expect(errorsOf(both)).toEqual([message]);
    expect(errorsOf(["uplink r2 interface eth0", "rule 10 inbound-interface eth0", "rule 10 set uplink r2"])).toEqual([message]);
    expect(errorsOf([...both, "uplink r2 track-inbound disable"])).toEqual([]);
  });

  it("on one interface with others has a MAC address of its own, and shares its reverse path filter", () => {
    const two = ["uplink a interface eth1", "uplink b interface eth1", "uplink a gateway-mac 52:54:00:00:00:01"];
    expect(errorsOf([...two, "uplink b gateway-mac 52:54:00:00:00:02"])).toEqual([]);
    expect(errorsOf([...two, "uplink b gateway-mac 52:54:00:00:00:01"])).toEqual([
      "policy-route uplink a and b: both have gateway-mac 52:54:00:00:00:01 on eth1; each needs that of its own gateway",
    ]);
    expect(errorsOf([...two, "uplink a source-validation strict", "uplink b source-validation loose"])).toEqual([
      "policy-route uplink a and b: eth1 has one source-validation for them all, not strict and loose; give them the same",
    ]);
    expect(errorsOf([...two, "uplink a source-validation strict"])).toEqual([]);
  });

  it("is told by its gateway's MAC address only where frames have one", () => {
    const lines = ["uplink p interface ppp0", "uplink p gateway-mac 52:54:00:00:00:01"];
    const ppp = { name: "ppp0", pointToPoint: true, addresses: [{ address: "10.0.0.1", length: 32, peer: "10.0.0.2" }] };
    expect(errorsOf(lines, { ...ROUTER, links: [...ROUTER.links, ppp] })).toEqual([
      "policy-route uplink p: gateway-mac needs a network with MAC addresses; ppp0 is a point-to-point link; leave it out",
    ]);
  });

  it("that tracks what comes in takes it from rules with a wildcard", () => {
    const rule = ["rule 10 set uplink dsl", "rule 10 inbound-interface eth+"];
    expect(warningsOf([...DSL, ...rule])).toEqual([
      "policy-route rule 10: inbound-interface eth+ takes nothing from eth1: uplink dsl has track-inbound, what comes in there is answered there",
    ]);
    expect(warningsOf([...DSL, ...rule, "rule 10 inbound-interface !eth1"])).toEqual([]);
    expect(warningsOf([...DSL, ...rule, "uplink dsl track-inbound disable"])).toEqual([]);
  });

  it("may be hampered by all/rp_filter", () => {
    const of = (mode: string, allRpFilter: number) =>
      warningsOf([...DSL, `uplink dsl source-validation ${mode}`], { ...ROUTER, allRpFilter });
    expect(of("strict", 2)).toEqual([
      "policy-route uplink dsl: source-validation strict has no effect: net.ipv4.conf.all.rp_filter is 2; it would have to be 0 or 1",
    ]);
    expect(of("disable", 1)).toHaveLength(1);
    expect([of("strict", 1), of("disable", 0), of("loose", 2), of("auto", 2)].flat()).toEqual([]);
  });
});

describe("a rule's target", () => {
  const rule = (...lines: string[]) => errorsOf([...DSL, ...lines.map((line) => `rule 20 ${line}`)]);

  it.each<[string[], string]>([
    [["set uplink dls"], 'uplink "dls" is not configured (did you mean "dsl"?)'],
    [["set uplink constructor"], 'uplink "constructor" is not configured (configured: dsl)'],
    [
      ["set uplink dsl", "set table main"],
      'only one of set uplink, group, table, reply-uplink; delete all but one of "set uplink", "set table"',
    ],
    [["protocol tcp"], "nothing to do: set an uplink, group or table, or an action"],
    [["action drop", "set uplink dsl"], "action drop and set uplink exclude each other; delete one of the two"],
    [["set table 201"], "table 201 belongs to load-balancing wan; use 1-200 or 256 and up"],
    [["set table dls"], 'table "dls" has no number: it is no uplink\'s table-name and not in rt_tables (did you mean "dsl"?)'],
  ])("%j", (lines, message) => {
    expect(rule(...lines)).toEqual([`policy-route rule 20: ${message}`]);
  });

  it.each([
    [["set uplink dsl"]],
    [["set table main"]],
    [["set table 254"]],
    [["set table 7"]],
    [["set table dsl"]],
    [["action exempt"]],
    [["action prohibit"]],
  ])("%j is fine", (lines) => {
    expect(rule(...lines)).toEqual([]);
  });

  it("may be a table of the router by name", () => {
    const context = {
      ...ROUTER,
      tableNames: new Map([
        ["voip", 77],
        ["wlb", 202],
      ]),
    };
    expect(errorsOf(["rule 1 set table voip"], context)).toEqual([]);
    expect(errorsOf(["rule 1 set table wlb"], context)[0]).toContain("belongs to load-balancing wan");
  });

  it("counts as down when the uplink is disabled", () => {
    expect(warningsOf([...DSL, "uplink dsl disable", "uplink dsl if-down prohibit", "rule 20 set uplink dsl"])).toEqual([
      'policy-route rule 20: uplink "dsl" is disabled and counts as down (if-down prohibit); delete its "disable", or disable the rule too',
    ]);
  });
});

describe("what a rule looks at", () => {
  const rule = (...lines: string[]) => errorsOf(["rule 20 set table main", ...lines.map((line) => `rule 20 ${line}`)]);

  it.each<[string[], string]>([
    [["destination port 80"], "port needs protocol tcp, udp, tcp_udp, sctp, dccp or udplite"],
    [["destination port 80", "protocol icmp"], "port needs protocol tcp, udp, tcp_udp, sctp, dccp or udplite"],
    [["source port 80", "protocol !tcp"], "port needs protocol tcp, udp, tcp_udp, sctp, dccp or udplite"],
    [
      ["source address 10.0.0.1", "destination address 2001:db8::1"],
      "source is IPv4 but destination is IPv6: the rule can never match; give both one family",
    ],
    [
      ["destination address 10.9.0.0/16", "destination address !2001:db8::2", "source address 2001:db8::1"],
      "source is IPv6 but destination is IPv4: the rule can never match; give both one family",
    ],
    [
      ["family ipv6", "source address !10.0.0.1"],
      "family is IPv6 but source is IPv4: the rule can never match; give both one family",
    ],
    [
      ["protocol icmp", "source address 2001:db8::/32"],
      "protocol icmp is IPv4 but source is IPv6: the rule can never match; give both one family",
    ],
    [
      ["traffic local", "inbound-interface eth0"],
      "inbound-interface cannot match traffic local: what the router makes came in nowhere; use traffic forwarded",
    ],
    [["source interface-network eth9"], "interface eth9 does not exist (there are eth0, eth1, eth2)"],
    [["inbound-interface eht0"], 'interface eht0 does not exist (did you mean "eth0"?)'],
  ])("%j", (lines, message) => {
    expect(rule(...lines)).toEqual([`policy-route rule 20: ${message}`]);
  });

  it.each([
    [["destination port 80", "protocol udplite"]],
    [["destination port 80", "protocol tcp_udp"]],
    [["destination port 80", "protocol 132"]],
    [["source address 10.0.0.1", "source address 2001:db8::1", "destination address 2001:db8::2"]],
    [["source address 10.0.0.1", "destination address !2001:db8::2", "destination address 10.9.0.0/16"]],
    [["inbound-interface eth+"]],
    [["inbound-interface !nothere"]],
    [["family ipv4", "protocol icmp"]],
  ])("%j is fine", (lines) => {
    expect(rule(...lines)).toEqual([]);
  });

  it("matches nothing by an interface without an address", () => {
    const bare = { name: "eth5", pointToPoint: false, addresses: [{ address: "fe80::1", length: 64 }] };
    const lines = [...DSL, "rule 20 set uplink dsl", "rule 20 source interface-network eth5"];
    const message = 'matches nothing: eth5 has no address. Commit again, or "restart policy-route", when it has one';
    expect(warningsOf(lines, { ...ROUTER, links: [...ROUTER.links, bare] })).toEqual([`policy-route rule 20: ${message}`]);
    const own = { ...bare, addresses: [{ address: "10.5.0.1", length: 24 }] };
    expect(warningsOf(lines, { ...ROUTER, links: [...ROUTER.links, own] })).toEqual([]);
  });

  it.each<[string[], string, object?]>([
    [["user mldonkey"], 'user can only match what the router makes: set "traffic local" or "traffic all"'],
    [["user-group 100"], 'user-group can only match what the router makes: set "traffic local" or "traffic all"'],
    [
      ["source mac-address 52:54:00:c2:a5:43", "traffic local"],
      "mac-address cannot match traffic local: what the router makes has no sender; use traffic forwarded",
    ],
    [
      ["state established enable"],
      "state established can never match: rules look at the first packet of a connection; leave it out, the rest of a connection goes its way",
    ],
    [
      ["traffic local", "user mldonky"],
      'user "mldonky" does not exist on this router; name one that does, or an id',
      { users: new Set(["root"]) },
    ],
    [
      ["source group address-group LAN"],
      'firewall address-group "LAN" does not exist; "set firewall group address-group LAN" makes it',
      { firewallGroups: new Map([["network-group", new Set(["LAN"])]]) },
    ],
    [["icmp type 8"], "icmp needs protocol icmp"],
    [["tcp flags SYN"], "tcp flags needs protocol tcp"],
    [
      ["fragment match-frag"],
      "fragment match-frag can never match: fragments are put together before rules look at the packet; leave it out",
    ],
    [["icmp code 1", "protocol icmp"], "icmp code needs icmp type: a code means something else with each type"],
    [["icmp type 8", "icmp type-name echo-request", "protocol icmp"], "only one of icmp type and type-name; delete the other"],
    [
      ["icmpv6 type 128", "icmpv6 type-name echo-request", "protocol icmpv6"],
      "only one of icmpv6 type and type-name; delete the other",
    ],
    [
      ["source group address-group LAN", "destination address 2001:db8::1"],
      "source group is IPv4 but destination is IPv6: the rule can never match; give both one family",
    ],
    [["destination group port-group WEB"], "port needs protocol tcp, udp, tcp_udp, sctp, dccp or udplite"],
    [
      ["icmpv6 type 128", "family ipv4", "protocol icmpv6"],
      "family is IPv4 but protocol icmpv6 is IPv6: the rule can never match; give both one family",
    ],
  ])("%j, with what is known of the machine", (lines, message, context) => {
    expect(laterErrors(["rule 20 set table main", ...lines.map((line) => `rule 20 ${line}`)], context)).toEqual([
      `policy-route rule 20: ${message}`,
    ]);
  });

  it("with traffic all is for one half of it only, where the other cannot have the condition", () => {
    const warnings = (...lines: string[]) =>
      warningsOf(["rule 20 action drop", "rule 20 traffic all", ...lines.map((line) => `rule 20 ${line}`)]);
    expect(warnings("user 1000")).toEqual([
      "policy-route rule 20: user says who made it: of traffic all only what the router makes can match, as with traffic local",
    ]);
    expect(warnings("source mac-address !52:54:00:c2:a5:43")).toEqual([
      "policy-route rule 20: mac-address says who sent it: of traffic all only what is forwarded can match, as with traffic forwarded",
    ]);
  });

  it("wants reply-uplink with traffic inbound and nowhere else", () => {
    expect(laterErrors([...DSL, "rule 20 set reply-uplink dsl"])).toEqual([
      "policy-route rule 20: set reply-uplink needs traffic inbound",
    ]);
    expect(laterErrors([...DSL, "rule 20 set uplink dsl", "rule 20 traffic inbound"])).toEqual([
      "policy-route rule 20: traffic inbound needs set reply-uplink: it decides where replies go",
    ]);
    expect(laterErrors([...DSL, "rule 20 set reply-uplink dsl", "rule 20 traffic inbound"])).toEqual([]);
    expect(laterErrors([...DSL, "rule 20 action prohibit", "rule 20 traffic inbound"])).toEqual([
      "policy-route rule 20: traffic inbound cannot be refused with action prohibit; use drop",
    ]);
  });
});

describe("groups", () => {
  it("share their names with uplinks and have members that are uplinks", () => {
    expect(laterErrors([...DSL, "group dsl uplink dls"])).toEqual([
      'policy-route group dsl: "dsl" is also the name of an uplink; rename one of them, rules name both',
      'policy-route group dsl: uplink "dls" is not configured (did you mean "dsl"?)',
    ]);
    expect(laterErrors([...DSL, "group web uplink dsl", "rule 20 set uplink web"])).toEqual([
      'policy-route rule 20: uplink "web" is not configured (it is a group: "set group web")',
    ]);
  });

  it("without members get a warning", () => {
    expect(warningsOf(["group web if-down prohibit"])).toEqual([
      'policy-route group web: has no members, so its traffic always goes by if-down prohibit; add one with "uplink NAME"',
    ]);
  });

  it("do not hold groups", () => {
    expect(laterErrors([...DSL, "group web uplink dsl", "group all-of-it uplink web"])).toEqual([
      'policy-route group all-of-it: uplink "web" is not configured (it is a group: a group\'s members are uplinks)',
    ]);
  });

  it("warn of what counts as down and of what says nothing", () => {
    const group = ["group web uplink dsl weight 3", "rule 20 set group web"];
    expect(warningsOf([...DSL, ...group])).toContainEqual(
      "policy-route group web: weight has no effect with mode failover: the member with the lowest priority has all",
    );
    expect(warningsOf([...DSL, ...group, "group web mode balance", "group web failback immediate"])).toContainEqual(
      "policy-route group web: failback immediate has no effect with mode balance: no member comes before another",
    );
    expect(warningsOf([...DSL, ...group, "uplink dsl disable"])).toContainEqual(
      'policy-route group web: uplink "dsl" is disabled and counts as down; delete its "disable", or take it out of the group',
    );
    expect(warningsOf([...DSL, ...group, "group web disable"])).toContainEqual(
      'policy-route rule 20: group "web" is disabled and counts as down (if-down main); delete its "disable", or disable the rule too',
    );
  });

  it("have tables whose names are nobody else's", () => {
    expect(laterErrors([...DSL, "group web uplink dsl", "uplink dsl table-name web.dsl"])).toEqual([
      "policy-route uplink dsl: table-name web.dsl is the name of a table of group web; use another",
    ]);
  });

  it("count with their members against the mark", () => {
    const lines = Array.from({ length: 50 }, (_, i) => [`uplink u${i} interface eth1`, `group g${i} uplink u${i}`]).flat();
    expect(laterErrors(lines)).toEqual([
      "policy-route: 150 uplinks, groups and group members do not fit into mark-mask 0x0ff00000 (126); use a wider one, such as 0x0ff00000, or fewer",
    ]);
    const off = lines.flatMap((line) =>
      line.includes("group") ? [line, `${line.split(" ").slice(0, 2).join(" ")} disable`] : [line],
    );
    expect(laterErrors(off)).toEqual([]);
    const named = Array.from({ length: 50 }, (_, i) => `rule ${i + 1} set group g${i}`);
    expect(laterErrors([...off, ...named])).toEqual([
      "policy-route: 150 uplinks, groups and group members do not fit into mark-mask 0x0ff00000 (126); use a wider one, such as 0x0ff00000, or fewer",
    ]);
  });
});

describe("a rule behind another", () => {
  const hidden = (first: string[], second: string[]) =>
    warningsOf([
      ...first.map((line) => `rule 10 ${line}`),
      "rule 10 action drop",
      ...second.map((line) => `rule 20 ${line}`),
      "rule 20 action exempt",
    ]).length > 0;

  it("is named with the one that takes its traffic", () => {
    expect(warningsOf(["rule 10 action drop", "rule 20 protocol tcp", "rule 20 action exempt"])).toEqual([
      "policy-route rule 20: never matches: rule 10 takes all of its traffic first; give it a number below 10, or delete it",
    ]);
  });

  it.each([
    [["protocol tcp"], ["protocol tcp", "destination port 80"]],
    [["protocol tcp_udp"], ["protocol udp"]],
    [["traffic all"], ["traffic local"]],
    [["source address 10.0.0.0/8"], ["source address 10.1.0.0/16", "source address 10.2.0.1-10.2.0.9"]],
    [["source address 2001:db8::/32"], ["source address 2001:db8:1::/48"]],
    [
      ["protocol tcp", "destination port 1-1000"],
      ["protocol tcp", "destination port 22,80-90"],
    ],
    [["source address !10.0.0.1"], ["source address !10.0.0.1"]],
    [["inbound-interface eth0"], ["inbound-interface eth0", "family ipv4"]],
  ])("%j takes all of %j", (first, second) => {
    expect(hidden(first, second)).toBe(true);
  });

  it.each([
    [["protocol tcp", "destination port 80"], ["protocol tcp"]],
    [["protocol udp"], ["protocol tcp_udp"]],
    [["traffic local"], ["traffic all"]],
    [["traffic all"], ["traffic inbound"]],
    [["source address 10.0.0.0/8"], ["source address 10.1.0.0/16", "source address 11.0.0.1"]],
    [["source address 0.0.0.0/0"], ["source address 2001:db8::1"]],
    [["source address ::/0"], ["source address 10.0.0.1"]],
    [["source address 10.0.0.0/8"], ["destination address 10.0.0.0/8"]],
    [["source address !10.0.0.1"], ["source address 10.0.0.0/8"]],
    [
      ["protocol tcp", "destination port 1-10,20-30"],
      ["protocol tcp", "destination port 5-25"],
    ],
    [["disable"], ["protocol tcp"]],
    [
      ["protocol tcp", "source port 80"],
      ["protocol tcp", "destination port 80"],
    ],
    [["source interface-network eth0"], ["source interface-network eth1"]],
  ])("%j leaves some of %j", (first, second) => {
    expect(hidden(first, second)).toBe(false);
  });
});

describe("interfaces of a router's configuration", () => {
  it("are unknown without an interfaces section", () => {
    expect(
      configuredInterfaces(treeBelow(parseCurly("system {\n    host-name r\n}\n").tree, []) ?? { children: new Map() }),
    ).toBeUndefined();
  });

  it("include VLANs and PPPoE sessions", () => {
    expect(AT_BOOT.configured.map(({ name }) => name)).toEqual(["eth0", "eth0.100", "eth1", "pppoe0", "eth2", "lo", "tun7"]);
    expect(AT_BOOT.configured.find(({ name }) => name === "eth1")).toMatchObject({ dynamic: true, pointToPoint: false });
    expect(AT_BOOT.configured.find(({ name }) => name === "pppoe0")).toMatchObject({ pointToPoint: true });
  });
});
