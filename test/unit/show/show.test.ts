import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { Observed } from "../../../src/kernel/kernel-objects.ts";
import { formatShown, type View } from "../../../src/show/format-shown.ts";
import { SHOWN } from "../../../src/show/json-shown.ts";
import type { Shown } from "../../../src/show/model.ts";
import { selectPart } from "../../../src/show/select-part.ts";
import { show } from "../../../src/show/show.ts";
import type { Sight } from "../../../src/show/sight.ts";
import { configuredUses } from "../../../src/uplink/configured-users.ts";
import { kernelUses } from "../../../src/uplink/kernel-users.ts";
import { needsMonitor } from "../../../src/uplink/needs-monitor.ts";
import { asSaved, makeSight, SEED } from "./make-sight.ts";

/** As it goes out: through JSON, and held to the format. */
function shownOf(sight: Sight): Shown {
  const json: unknown = JSON.parse(JSON.stringify(show(sight)));
  z.parse(SHOWN, json);
  return json as Shown;
}

function text(sight: Sight, view?: View, name?: string): string {
  return formatShown(selectPart(shownOf(sight), view, name), view, { detail: name !== undefined, at: sight.now });
}

const seed = makeSight(SEED.lines, SEED.facts, { packets: { "rule 10": [48211, 7] } });

describe("overview", () => {
  it("is one screen in the operator's words", () => {
    expect(`\n${text(seed)}`).toBe(`
Policy routing: active, in sync, backend iptables (nft front end)
Uplink  Interface  State  Gateway              Table       Mark
dsl     eth1       up     198.51.100.1 (dhcp)  510sg (20)  0x01400000
Rule  Traffic    Matches                    To          Now  New connections
10    forwarded  tcp dport 143,80,443,8000  uplink dsl  dsl           48,211
                 from eth0-net
`);
  });

  it("names the backend and why it is that one", () => {
    const facts = `${SEED.facts}\nrival wan-load-balancing WAN load balancing is configured`;
    const beside = makeSight(SEED.lines, facts, { packets: { "rule 10": [48211, 7] } });
    expect(text(beside)).toMatch(/^Policy routing: active, in sync, backend nftables \(WAN load balancing is configured\)\n/);
    expect(text(beside)).toMatch(/^10 .* 48,211$/m);
    expect(text(beside, "rule", "10")).toMatch(/^ +48,211 +ipv4 policy_route +POLICY_ROUTE_FWD .* jump POLICY_ROUTE_T_20 /m);
    expect(text(asSaved(beside))).toMatch(/^Policy routing: active, backend nftables \(WAN load balancing is configured\)\n/);
    expect(text(makeSight(`backend nftables\n${SEED.lines}`, SEED.facts))).toMatch(/, backend nftables \(configured\)\n/);
    const gone = (observed: Observed): Observed => ({ ...observed, nft: [] });
    expect(text(makeSight(SEED.lines, facts, { drift: gone }))).toMatch(/^10 .* not applied +0$/m);
  });

  it("says what is wrong, once each", () => {
    const facts = SEED.facts.replace("eth1 up", "eth1 no-carrier");
    const down = text(makeSight(SEED.lines, facts));
    expect(down).toMatch(/^dsl +eth1 +down +198\.51\.100\.1 \(dhcp\)/m);
    expect(down).toMatch(/^10 .* prohibit +0$/m);
    expect(down).toContain("Problems\n- policy-route uplink dsl: down, interface eth1 has no carrier\n");
    const noLease = text(makeSight(SEED.lines, "link eth0 up 192.168.188.1/24\nlink eth1 up 198.51.100.2/24"));
    expect(noLease.split("no DHCP lease on eth1 yet").length).toBe(2);
    expect(noLease).toMatch(/^dsl +eth1 +down +- /m);
  });

  it("says that the kernel differs, how far, and where to look", () => {
    const drift = (observed: Observed): Observed => ({ ...observed, ipRules: [] });
    const drifted = text(makeSight(SEED.lines, SEED.facts, { drift }));
    expect(drifted).toMatch(/^Policy routing: active, not in sync: 2 steps to do, see "show policy-route plan"\n/);
    expect(drifted).toMatch(/^10 .* not applied +0$/m);
    expect(text(makeSight(SEED.lines, SEED.facts, { drift }), "rule", "10")).toMatch(/^Policy routing: active, not in sync/);
  });

  it("knows disabled and not configured", () => {
    const disabled = text(makeSight(`disable\n${SEED.lines}`, SEED.facts));
    expect(disabled).toMatch(/^Policy routing: disabled, in sync\n/);
    expect(disabled).toMatch(/^10 .* - +-$/m);
    const none: Sight = { ...seed, config: undefined, uplinks: [], kernel: { ...seed.kernel, plan: [] } };
    expect(text(none)).toBe("Policy routing is not configured\n");
    expect(text(none, "rule", "10")).toBe("Policy routing is not configured\n");
    expect(text({ ...none, kernel: { ...seed.kernel, plan: [{ do: "remove", why: "names", path: "/x" }] } })).toBe(
      'Policy routing is not configured, but something of it is left: 1 step to do, see "show policy-route plan"\n',
    );
  });

  it("shows those who may not read the kernel what was saved, and says so", () => {
    const saved = text(asSaved(seed));
    expect(saved).toMatch(/^Policy routing: active, backend iptables\nOnly root can read the kernel's rules\. /);
    expect(saved).toContain('"commit" left it at 2027-01-15 08:00:00 UTC.');
    expect(saved).toMatch(/^10 .* dsl +-$/m);
    expect(text(asSaved(makeSight(SEED.lines, SEED.facts.replace("eth1 up", "eth1 no-carrier"))))).toMatch(
      /^10 .* prohibit +-$/m,
    );
    expect(text(asSaved(seed), "table", "dsl")).toContain("ip route show table 20");
  });

  it("fits 80 columns where words can be wrapped", () => {
    const wide = makeSight(
      `${SEED.lines}\nrule 20 set uplink dsl\nrule 20 protocol udp\nrule 20 destination port ${Array.from({ length: 60 }, (_, i) => 1000 + 7 * i).join(",")}`,
      SEED.facts,
    );
    for (const line of text(wide).split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("on a terminal", () => {
  const LONG = `
    uplink fibre-the-city interface eth1.4000
    uplink fibre-the-city gateway6 2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff
    uplink fibre-the-city table-name the-first-choice
    uplink fibre-the-city health target 9.9.9.9
    uplink lte interface wwan0
    rule 10 set uplink fibre-the-city
    rule 10 destination address 2001:db8:1::/48
    rule 10 description x`;
  const FACTS = "link eth1.4000 up 2001:db8:aaaa:bbbb::7/64\nlink wwan0 up ptp 100.64.0.2/32 peer 100.64.0.1";
  const since = { "fibre-the-city": { up: true, at: -4 * 86_400 }, lte: { up: true, at: -130 } };
  const at = (sight: Sight) => sight.now;
  const sight = makeSight(LONG, FACTS, { since });
  const shifted = makeSight(LONG, FACTS, {
    since: Object.fromEntries(Object.entries(since).map(([name, { up, at: ago }]) => [name, { up, at: at(sight) + ago }])),
  });
  const lines = (width?: number) =>
    formatShown(shownOf(shifted), undefined, { detail: false, at: shifted.now, ...(width === undefined ? {} : { width }) }).split(
      "\n",
    );

  it("of 80 columns, what can be left out is, and everything else is in line", () => {
    const [, head = "", first = "", ...more] = lines();
    const second = more.find((line) => line.startsWith("lte ")) ?? "";
    expect(head).toMatch(/^Uplink +Interface +State +Since +Gateway$|^Uplink +Interface +State +Since +Gateway +Health$/);
    expect(first.indexOf("eth1.4000")).toBe(head.indexOf("Interface"));
    expect(second.indexOf("wwan0")).toBe(head.indexOf("Interface"));
    expect(first).toContain("4d 00:00");
    expect(second).toContain("00:02:10");
    expect(head).not.toContain("Mark");
  });

  it("of 200 columns, all of it", () => {
    const [, head = "", first = ""] = lines(200);
    expect(head).toMatch(/^Uplink +Interface +State +Since +Gateway +Table +Mark +Health$/);
    expect(first).toContain("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff (config)");
    expect(first).toMatch(/the-first-choice \(\d+\) +0x00[1-9a-f]00000/);
    expect(first.indexOf("the-first-choice")).toBe(head.indexOf("Table"));
  });

  it("nothing is coloured", () => {
    expect(lines().join("")).not.toContain("\x1b");
  });
});

describe("the monitor", () => {
  const neededFor = ["probes of uplink dsl", "failback of group web"];

  it("is missed where the configuration needs it, and else not spoken of", () => {
    const missing = makeSight(SEED.lines, SEED.facts, { monitor: { running: false, neededFor } });
    expect(text(missing).replaceAll("\n ", "")).toContain(
      "- policy-route monitor is not running, and is needed for probes of uplink dsl, failback of group web:",
    );
    const probed = makeSight(`${SEED.lines}\nuplink dsl health target gateway`, SEED.facts, {
      monitor: { running: false, neededFor },
    });
    for (const view of ["uplink", "group"] as const) expect(text(probed, view)).toMatch(/^policy-route monitor is not running, /);
    expect(text(probed, "rule")).not.toContain("monitor");
    expect(text(makeSight(SEED.lines, SEED.facts, { monitor: { running: true, neededFor } }))).not.toContain("monitor");
    expect(text(seed)).not.toContain("monitor");
  });

  it("is needed for probes, for what waits, and for the hook", () => {
    const config = (lines: string) => makeSight(lines, SEED.facts).config;
    const base = "uplink a interface eth1\nuplink a gateway 192.0.2.1\ngroup g uplink a\n";
    expect(needsMonitor(undefined)).toEqual([]);
    expect(needsMonitor(config(base))).toEqual([]);
    expect(needsMonitor(config(`${base}uplink a health target gateway\ngroup g failback manual`))).toEqual([
      "probes of uplink a",
      "failback of group g",
    ]);
    expect(needsMonitor(config(`${base}group g failback-delay 5\nhook /config/scripts/x`))).toEqual([
      "failback of group g",
      "hook /config/scripts/x",
    ]);
    expect(needsMonitor(config(`${base}disable\nuplink a health target gateway`))).toEqual([]);
  });
});

describe("uplink", () => {
  it("is listed with what goes over it", () => {
    const shown = shownOf(seed);
    const uplinks = shown.uplinks?.map((uplink) => ({
      ...uplink,
      connections: 1412,
      traffic: { received: 5 * 2 ** 30, sent: 512 },
    }));
    expect(`\n${formatShown({ ...shown, uplinks: uplinks ?? [] }, "uplink", { detail: false, at: seed.now })}`).toBe(`
Uplink  Interface  State  Since  Connections  Received   Sent
dsl     eth1       up         -        1,412   5.0 GiB  512 B
`);
  });

  it("has everything about one, families apart", () => {
    expect(`\n${text(seed, "uplink", "dsl")}`).toBe(`
Uplink dsl: up
  Interface       eth1 (up)
  Addresses       198.51.100.2/24
  IPv4            gateway 198.51.100.1, learnt from dhcp, source 198.51.100.2
                  also named, not used: 198.51.100.254
  IPv6            no route: no router advertisement on eth1
  Marked packets  IPv4 goes to dsl, IPv6 to prohibit
  If down         prohibit: packets are refused
  Table           510sg (20)
  Mark            0x01400000/0x0ff00000 (slot 20)
  Source rule     enable
  Source NAT      masquerade
  Track inbound   enable
  Rules           10
`);
  });

  it("shows IPv6 gateways, links without one, and uplinks that are switched off", () => {
    const sight = makeSight(
      `uplink six interface eth1\nuplink six gateway6 ra\nuplink ppp interface ppp0\nuplink off interface eth9\nuplink off disable\n
       rule 10 set uplink six\nrule 20 set uplink ppp`,
      `link eth1 up 2001:db8:1::2/64\nlink ppp0 up ptp 100.64.0.2/32 peer 100.64.0.1\ngateway eth1 kernel fe80::1`,
    );
    const [six, ppp, off] = shownOf(sight).uplinks ?? [];
    expect(six).toMatchObject({ state: "up", ipv6: { kind: "gateway", gateway: "fe80::1", learntFrom: "kernel" } });
    expect(six).toMatchObject({ ipv4: { now: { to: "main" } }, rules: ["10"] });
    expect(ppp).toMatchObject({ state: "up", ipv4: { kind: "device", now: { to: "uplink", uplink: "ppp" } } });
    expect(off).toMatchObject({ state: "disabled", rules: [] });
    expect(off?.table).toBeUndefined();
    const list = text(sight);
    expect(list).toMatch(/^six +eth1 +up +fe80::1 \(ra\) /m);
    expect(list).toMatch(/^ppp +ppp0 +up +point-to-point /m);
    expect(list).toMatch(/^off +eth9 +disabled +- +- +-$/m);
  });
});

describe("rule", () => {
  it("has the matches in full, the target, counters and the lines it became", () => {
    const one = text(seed, "rule", "10");
    expect(one).toContain("  Matches          tcp\n                   dport 143,80,443,8000\n                   from eth0-net\n");
    expect(one).toContain("  To               uplink dsl, if down: prohibit\n");
    expect(one).toContain("  Now, IPv6        matches nothing\n");
    expect(one).toMatch(/^ {2}48,211 {2}ipv4 mangle {2}-A POLICY_ROUTE_FWD .* -j POLICY_ROUTE_T_20$/m);
  });

  it("has words for every match", () => {
    const lines = [
      "uplink u interface eth1\nuplink u gateway 192.0.2.1\nrule 10 set uplink u",
      "rule 10 protocol tcp\nrule 10 source mac-address !52:54:00:c2:a5:43\nrule 10 source group network-group !LAN",
      "rule 10 destination group port-group WEB\nrule 10 state new enable\nrule 10 state related enable\nrule 10 dscp !ef\nrule 10 tos 16",
      "rule 20 set uplink u\nrule 20 traffic local\nrule 20 user !mldonkey\nrule 20 user-group 1000-1999\nrule 20 state invalid disable",
      "rule 25 set uplink u\nrule 25 source ipset !office\nrule 25 limit rate 5/second\nrule 25 limit burst 20\nrule 25 protocol tcp\nrule 25 tcp flags SYN,!ACK\nrule 25 packet-length 40-60\nrule 25 fragment match-non-frag\nrule 25 ipsec match-ipsec\nrule 25 time utc\nrule 25 time starttime 22:00\nrule 25 time weekdays !Sat,Sun",
      "rule 30 set uplink u\nrule 30 protocol icmp\nrule 30 icmp type 3\nrule 30 icmp code 4",
      "rule 40 set uplink u\nrule 40 protocol icmpv6\nrule 40 icmpv6 type-name echo-request",
    ];
    const { rules } = shownOf(makeSight(lines.join("\n"), "link eth1 up 192.0.2.2/24"));
    expect(rules?.map(({ matches }) => matches)).toEqual([
      [
        "tcp",
        "dport port-group WEB",
        "from !network-group LAN",
        "from MAC !52:54:00:c2:a5:43",
        "state new,related",
        "dscp !ef",
        "tos 16",
      ],
      ["user !mldonkey", "user-group 1000-1999", "state !invalid"],
      [
        "tcp",
        "from !ipset office",
        "flags SYN,!ACK",
        "no fragment",
        "length 40-60",
        "22:00-24:00 !Sat,Sun UTC",
        "limit 5/second burst 20",
        "ipsec",
      ],
      ["icmp", "icmp type 3 code 4"],
      ["icmpv6", "icmpv6 echo-request"],
    ]);
  });

  it("adds up families and chains, and counts a packet that is logged once", () => {
    const sight = makeSight(
      "uplink u interface eth1\nuplink u gateway 192.0.2.1\nrule 10 traffic all\nrule 10 log enable\nrule 10 protocol tcp\nrule 10 set uplink u",
      "link eth1 up 192.0.2.2/24 2001:db8::2/64",
      { packets: { "rule 10": [100, 1] } },
    );
    // Forwarded and local chain, of each family: 100 + 100 + 1 + 1; the LOG lines saw them too.
    expect(shownOf(sight).rules?.[0]?.newConnections).toBe(202);
    expect(text(sight, "rule")).toMatch(/^10 +all +tcp +uplink u +u +202\n +IPv6: main$/m);
  });

  it("does not give the packets of a shared set to one rule", () => {
    const numbers = Array.from({ length: 20 }, (_, i) => 10 + i);
    const sight = makeSight(
      `uplink u interface eth1\nuplink u gateway 192.0.2.1\nrule 5 protocol tcp\nrule 5 action exempt\n${numbers
        .map((n) => `rule ${n} destination address 10.0.${n}.0/24\nrule ${n} set uplink u`)
        .join("\n")}\nrule 15 disable`,
      "link eth1 up 192.0.2.2/24\nno-ipv6",
      { packets: { "rule 10-29": [1234, 0] } },
    );
    const rules = shownOf(sight).rules ?? [];
    expect(rules.find((rule) => rule.number === "12")).toMatchObject({ countedWith: [{ rules: "10-29", newConnections: 1234 }] });
    expect(rules.find((rule) => rule.number === "12")?.newConnections).toBeUndefined();
    expect(rules.find((rule) => rule.number === "15")).toMatchObject({ disabled: true, now: {}, lines: [] });
    expect(rules.find((rule) => rule.number === "5")).toMatchObject({ newConnections: 0, now: { ipv4: { to: "main" } } });
    expect(text(sight, "rule")).toMatch(/\nRules 10-29 share a set and are counted together: 1,234\n$/);
    expect(text(sight, "rule", "12")).toContain("1,234 of rules 10-29 together (they share a set)");
  });

  it("follows the kernel, not the wish", () => {
    const drift = (observed: Observed): Observed => ({
      ...observed,
      routes: observed.routes.filter((route) => route.type !== "unicast"),
    });
    expect(shownOf(makeSight(SEED.lines, SEED.facts, { drift })).rules?.[0]?.now).toEqual({ ipv4: { to: "prohibit" } });
    const flushed = (observed: Observed): Observed => ({ ...observed, chains: [], jumps: [] });
    const rule = shownOf(makeSight(SEED.lines, SEED.facts, { drift: flushed })).rules?.[0];
    expect(rule?.now).toEqual({ ipv4: { to: "not-applied" } });
    expect(rule?.lines?.[0]).toMatchObject({ status: "missing" });
    const unhooked = (observed: Observed): Observed => ({ ...observed, jumps: [] });
    expect(shownOf(makeSight(SEED.lines, SEED.facts, { drift: unhooked })).rules?.[0]?.now).toEqual({
      ipv4: { to: "not-applied" },
    });
  });

  it("knows every action", () => {
    const sight = makeSight(
      `uplink u interface eth1\nuplink u gateway 192.0.2.1\nrule 10 action drop\nrule 10 protocol udp\nrule 20 action prohibit\nrule 20 protocol tcp
       rule 30 set table 50\nrule 30 protocol 47\nrule 40 set table main\nrule 50 set uplink u\nrule 50 disable`,
      "link eth1 up 192.0.2.2/24\nno-ipv6",
    );
    expect(shownOf(sight).rules?.map((rule) => [rule.target, rule.now.ipv4])).toEqual([
      ["drop", { to: "drop" }],
      ["prohibit", { to: "prohibit" }],
      ["table 50", { to: "table", table: "50" }],
      ["table main", { to: "main" }],
      ["uplink u", undefined],
    ]);
    expect(shownOf(sight).tables?.map((table) => table.owner)).toEqual(["uplink u", "prohibit"]);
  });
});

describe("table", () => {
  it("marks what is missing and what should not be there", () => {
    const drift = (observed: Observed): Observed => ({
      ...observed,
      routes: [
        ...observed.routes.filter((route) => route.type !== "unicast"),
        { family: "ipv6", table: 20, type: "blackhole", prefix: "2001:db8::/32", metric: 1024 },
        { family: "ipv4", table: 21, type: "blackhole", prefix: "10.9.0.0/16", metric: 0 },
      ],
    });
    const table = text(makeSight(SEED.lines, SEED.facts, { drift }), "table", "dsl");
    expect(table).toContain("\nTable 510sg (20), uplink dsl\n");
    expect(table).toContain("\n- ipv4  default via 198.51.100.1 dev eth1 src 198.51.100.2\n");
    expect(table).toContain("\n+ ipv6  blackhole 2001:db8::/32\n");
    expect(table).toContain("\n  ipv4  prohibit default metric 4278198272\n");
    expect(table).not.toContain("10.9.0.0");
    expect(table).toMatch(/- should be there and is missing\n\+ should not be there\n$/);
  });
});

describe("names", () => {
  it("finds tables by name, number and uplink", () => {
    for (const name of ["510sg", "20", "dsl"]) expect(selectPart(show(seed), "table", name).tables).toHaveLength(1);
  });

  it("suggests what may have been meant", () => {
    expect(() => selectPart(show(seed), "uplink", "dls")).toThrow('uplink "dls" is not configured (did you mean "dsl"?)');
    expect(() => selectPart(show(seed), "rule", "11")).toThrow(/^rule "11" is not configured/);
    expect(() => selectPart(show(seed), "table", "main")).toThrow('table "main" is not configured');
  });
});

describe("groups", () => {
  const lines = `
    uplink dsl interface eth1
    uplink dsl gateway 198.51.100.1
    uplink lte interface wwan0
    uplink lte gateway 192.0.2.1
    uplink sat interface eth3
    uplink sat gateway 203.0.113.1
    group web uplink dsl priority 10
    group web uplink lte priority 20
    group web uplink sat priority 30
    group web if-down prohibit
    group web failback-delay 60
    rule 10 inbound-interface eth0
    rule 10 set group web`;
  const facts = `
    link eth0 up 10.0.0.1/24
    link eth1 up 198.51.100.7/24
    link wwan0 no-carrier 192.0.2.7/24
    link eth3 up 203.0.113.7/24
    no-ipv6`;

  it("have their place in the overview, and rules say where they lead", () => {
    const overview = text(makeSight(lines, facts));
    expect(overview).toMatch(/^Group +Mode +Active +Members +If down$/m);
    expect(overview).toMatch(/^web +failover +dsl +dsl\(10\) lte\(20,down\) sat\(30\) +prohibit$/m);
    expect(overview).toMatch(/^10 +forwarded +.* group web +dsl +0$/m);
  });

  it("show who is held back, for how long, and who stands in", () => {
    const held = makeSight(lines, `${facts}\nheld web dsl 1800000042`);
    expect(text(held)).toMatch(/^web +failover +sat +dsl\(10,held\) lte\(20,down\) sat\(30\)/m);
    expect(`\n${text(held, "group", "web")}`).toBe(`
Group web: up
  Mode       failover: all by the first that is up
  Now, IPv4  sat
  Members    dsl: priority 10, up, held back for 42 s, table web.dsl (2005)
             lte: priority 20, down (interface wwan0 has no carrier), table
             web.lte (2006)
             sat: priority 30, up, table web.sat (2007)
  Failback   new-connections, 60 s after it is up again
  If down    prohibit: packets are refused
  Table      web (2004)
  Mark       0x00400000/0x0ff00000 (slot 4)
  Rules      10
`);
    const manual = makeSight(lines, `${facts}\nheld web dsl`);
    expect(text(manual, "group", "web")).toMatch(
      /^ +Members +dsl: priority 10, up, held back until "force policy-route group web\n +failback", table web\.dsl/m,
    );
    expect(text(makeSight(lines, `${facts}\nheld web dsl 1799999999`))).toMatch(/^web +failover +dsl +dsl\(10\)/m);
  });

  it("go by their if-down when nobody is up, and say so", () => {
    const down = text(makeSight(lines, `${facts.replaceAll(" up ", " no-carrier ")}\nforced dsl down`));
    expect(down).toMatch(/^web +failover +prohibit +dsl\(10,down\) lte\(20,down\) sat\(30,down\)/m);
    expect(down).toContain("- policy-route group web: no member is up, if-down prohibit\n");
    expect(down).toMatch(/^dsl +eth1 +down \(forced\)/m);
  });

  it("that balance name all that share", () => {
    const sight = makeSight(`${lines}\ngroup web mode balance\ngroup web uplink sat weight 3`, facts);
    expect(text(sight)).toMatch(/^web +balance +dsl, sat +dsl\(1\) lte\(1,down\) sat\(3\) +prohibit$/m);
    expect(text(asSaved(sight))).toMatch(/^web +balance +dsl, sat +/m);
    expect(shownOf(sight).rules?.[0]?.now.ipv4).toEqual({ to: "uplinks", uplinks: ["dsl", "sat"] });
  });

  it("have tables, and uplinks know their groups", () => {
    const sight = makeSight(lines, facts);
    expect(text(sight, "table", "web.sat")).toMatch(/^Table web\.sat \(2007\), member web sat\n/);
    expect(text(sight, "table", "web.sat")).toContain("default via 203.0.113.1 dev eth3 src 203.0.113.7 metric 1");
    expect(text(sight, "uplink", "sat")).toMatch(/^ +Groups +web$/m);
    expect(text(sight, "marks")).toMatch(/member web sat .*web\.sat \(2007\)/);
    expect(() => text(sight, "group", "wbe")).toThrow('group "wbe" is not configured (did you mean "web"?)');
  });
});

describe("marks", () => {
  const uses = [
    ...configuredUses(["load-balancing wan", "policy route LAN rule 10 set table 20"]),
    ...kernelUses(
      [
        {
          family: "ipv4",
          preference: 5210,
          fwmark: { value: 0x80000, mask: 0xff0000 },
          negated: false,
          table: 254,
          l3mdev: false,
          text: "5210: fwmark 0x00080000/0x00ff0000 lookup 254",
        },
      ],
      [{ write: { of: "packet", mask: 0xff, value: 1 }, place: "mangle mine", hooks: ["PREROUTING"] }],
    ),
  ];
  const beside = makeSight(`${SEED.lines}\nrule 20 action prohibit\nrule 30 protocol udp\nrule 30 set table 50`, SEED.facts, {
    uses,
  });

  it("says whose the bits are, who else uses marks, and where that collides", () => {
    expect(`\n${text(beside, "marks")}`).toBe(`
mark-mask 0x0ff00000: slots 1-126; 127 (0x07f00000) is "pinned to main";
0x08000000 is "came in by that uplink". ip rule preferences 600-710.
Slot  Mark        Owner       Table
   1  0x00100000  prohibit    2001
   2  0x00200000  table 50    50
  20  0x01400000  uplink dsl  510sg (20)
Also uses marks     Seen in        What
WAN load balancing  configuration  load-balancing wan
policy route        configuration  policy route LAN rule 10 set table 20
Tailscale           kernel         ip rule 5210: fwmark 0x00080000/0x00ff0000
                                   lookup 254
unknown             kernel         mangle mine writes 0x00000001/0x000000ff into
                                   the mark of packets
Collisions
- refused: policy-route uplink dsl: table 20 belongs to policy route (policy
  route LAN rule 10 set table 20); use another, such as 2020
- warning: policy-route mark-mask: 0x0ff00000 shares the bits 0x00f00000 with
  Tailscale (ip rule 5210: fwmark 0x00080000/0x00ff0000 lookup 254). Steered
  connections keep their uplink; a packet that both mark is not recognised by
  Tailscale. Free is 0xff000000
- note: policy-route mark-mask: policy route (policy route LAN rule 10 set table
  20): all of it is written; steered packets are accepted before they come to it
`);
  });

  it("is quiet where nobody else is, says so when nothing is configured, and is no part of the other views", () => {
    expect(text(seed, "marks")).toMatch(/^Nobody else was seen to use marks\nNo collisions\n/m);
    expect(selectPart(shownOf(beside), "uplink", undefined).marks).toBeUndefined();
    expect(Object.keys(selectPart(shownOf(beside), "marks", undefined))).not.toContain("uplinks");
  });

  it("is the same for those who may not read the kernel", () => {
    const saved = text(asSaved(beside), "marks");
    expect(saved).toContain("Tailscale");
    expect(saved).toContain("table 20 belongs to policy route");
  });
});
