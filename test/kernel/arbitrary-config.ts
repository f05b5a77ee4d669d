import fc from "fast-check";
import { OTHER_TARGETS } from "../support/other-targets.ts";

/** Everything an uplink can use on the test router (namespace.ts): interface, its gateways in both families, an own address. */
const WAYS = [
  {
    interface: "eth1",
    gateways: ["198.51.100.1", "198.51.100.254"],
    gateway6: ["2001:db8:1::1", "fe80::1"],
    own: "198.51.100.7",
  },
  { interface: "eth2", gateways: ["203.0.113.1", "203.0.113.9"], gateway6: ["2001:db8:2::1"], own: "203.0.113.2" },
  { interface: "eth3", gateways: ["10.3.0.1"], gateway6: ["2001:db8:3::1"], own: "10.3.0.2" },
  { interface: "eth4", gateways: ["10.4.0.1"], gateway6: [], own: "10.4.0.2" },
] as const;

const maybe = (leaf: string, ...values: string[]) =>
  fc
    .option(fc.constantFrom(...values), { nil: undefined, freq: 2 })
    .map((value) => (value === undefined ? [] : [`${leaf} ${value}`]));

const below = (path: string, ...parts: fc.Arbitrary<readonly string[]>[]): fc.Arbitrary<string[]> =>
  fc.tuple(...parts).map((lines) => lines.flat().map((line) => `${path} ${line}`));

function arbitraryUplink(name: string): fc.Arbitrary<string[]> {
  return fc.constantFrom(...WAYS).chain((way) =>
    below(
      `uplink ${name}`,
      fc.constant([`interface ${way.interface}`]),
      fc.constantFrom(...way.gateways).map((gateway) => [`gateway ${gateway}`]),
      way.gateway6.length === 0 ? fc.constant([]) : maybe("gateway6", ...way.gateway6),
      maybe("if-down", "prohibit", "unreachable", "blackhole"),
      maybe("source-nat", "masquerade", way.own),
      maybe("source-rule", "disable"),
      maybe("source-address", "none", way.own),
      maybe("track-inbound", "disable"),
      maybe("source-validation", "strict", "loose", "disable"),
      maybe("log-martians", "enable"),
      maybe("gateway-mac", `52:54:00:c2:a5:0${name}`),
      maybe("health target", "gateway", "9.9.9.9"),
      fc.boolean().map((disabled) => (disabled && name === "d" ? ["disable"] : [])),
    ),
  );
}

const arbitraryMatch: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.oneof(
      fc.constant<string[]>([]),
      fc
        .constantFrom(
          "80",
          "80,443,8000-8100",
          "!22",
          "1-1024,2000,2002,2004,2006,2008,2010,2012,2014,2016,2018,2020,2022,2024,2026",
        )
        .chain((ports) =>
          fc
            .tuple(fc.constantFrom("tcp", "udp", "tcp_udp"), fc.constantFrom("source", "destination"))
            .map(([protocol, side]) => [`protocol ${protocol}`, `${side} port ${ports}`]),
        ),
      fc.constantFrom("icmp", "!tcp", "47").map((protocol) => [`protocol ${protocol}`]),
      fc.constantFrom("type 8", "type-name redirect").map((type) => ["protocol icmp", `icmp ${type}`]),
    ),
    maybe("source interface-network", "eth0"),
    maybe("destination address", "192.0.2.0/24", "2001:db8:99::/48", "!192.0.2.7", "192.0.2.10-192.0.2.20"),
    maybe("log", "enable"),
  )
  .map((parts) => parts.flat())
  // Literals of the two families in one rule are a mistake of the operator's; protocol 1 has no place in IPv6.
  .filter((lines) => !(lines.includes("protocol icmp") && lines.some((line) => line.includes("2001:"))));

/** Conditions of the packet, of its sender, and groups of the firewall. */
const arbitraryCondition = fc.oneof(
  { weight: 2, arbitrary: fc.constant<string[]>([]) },
  fc
    .constantFrom(
      "source mac-address 52:54:00:c2:a5:43",
      "source mac-address !52:54:00:c2:a5:43",
      "user 1000-1005",
      "user !root",
      "user-group !1000",
      "state new enable",
      "state invalid disable",
      "dscp ef",
      "dscp !10",
      "tos 17",
      "packet-length 100-200",
      "ipsec match-none",
      "source group address-group SMALL",
      "source group network-group !LARGE",
      "destination group ipv6-network-group LARGE",
    )
    .map((line) => [line]),
);

/** Two states of the router's firewall. */
const arbitraryFirewall = fc
  .constantFrom(1, 2)
  .map((state) => [
    `firewall group address-group SMALL address 10.0.0.${state}`,
    "firewall group address-group SMALL address 10.0.0.5-10.0.0.9",
    ...Array.from({ length: 9 }, (_, i) => `firewall group network-group LARGE network 10.${state * 10 + i}.0.0/16`),
    ...Array.from({ length: 9 }, (_, i) => `firewall group ipv6-network-group LARGE network 2001:db8:${state}${i}::/48`),
  ]);

/** Without conditions that exclude each other, which would be a mistake of the operator's. */
function sensible(lines: readonly string[]): string[] {
  const has = (word: string) => lines.some((line) => line.includes(word));
  const ipv4 = /destination address !?192|protocol icmp$/;
  return lines.filter((line) => {
    if (line.startsWith("source mac-address")) return !has("traffic local");
    if (line.startsWith("user")) return has("traffic ");
    if (/ (address|network)-group /.test(line)) return !has("2001:");
    if (line.includes(" ipv6-network-group ")) return !lines.some((other) => ipv4.test(other));
    return true;
  });
}

const arbitraryTraffic = fc.oneof(
  fc.constant<string[]>([]),
  fc.constantFrom("inbound-interface eth0", "inbound-interface !eth0", "inbound-interface p+").map((line) => [line]),
  fc.constantFrom("traffic local", "traffic all").map((line) => [line]),
);

/** Four bits: 6 slots, for three uplinks, what rules name besides, and tables chosen by number that are nobody's default. */
const SMALL_MASK = "0x000f0000";

/** A group of some of the uplinks. */
function arbitraryGroup(name: string, uplinks: readonly string[]): fc.Arbitrary<string[]> {
  return fc.subarray([...uplinks]).chain((members) =>
    below(
      `group ${name}`,
      fc.constantFrom("failover", "balance").map((mode) => [`mode ${mode}`]),
      maybe("failback", "immediate", "manual"),
      maybe("if-down", "prohibit", "unreachable", "blackhole"),
      fc.boolean().map((disabled) => (disabled && name === "h" ? ["disable"] : [])),
      ...members.map((member) =>
        below(
          `uplink ${member}`,
          fc.constantFrom(10, 20, 100).map((priority) => [`priority ${priority}`]),
          maybe("weight", "3", "255"),
        ),
      ),
    ),
  );
}

function arbitraryRule(number: number, uplinks: readonly string[], groups: readonly string[]): fc.Arbitrary<string[]> {
  const targets = [
    ...uplinks.map((name) => `set uplink ${name}`),
    ...groups.map((name) => `set group ${name}`),
    ...OTHER_TARGETS,
  ];
  return below(
    `rule ${number}`,
    fc.tuple(arbitraryTraffic, arbitraryMatch, arbitraryCondition).map((parts) => sensible(parts.flat())),
    fc.constantFrom(...targets).map((line) => [line]),
  );
}

/** A rule for connections that come in. */
function inboundRule(uplinks: readonly string[]): fc.Arbitrary<string[]> {
  const targets = [...uplinks.map((name) => `set reply-uplink ${name}`), "action exempt", "action drop"];
  return below(
    "rule 90",
    fc.constant(["traffic inbound"]),
    arbitraryMatch,
    maybe("inbound-interface", "eth1", "!eth2", "p+"),
    maybe("source mac-address", "52:54:00:c2:a5:43"),
    fc.constantFrom(...targets).map((line) => [line]),
  );
}

/** Ten rules that differ in their address only: they become one rule with a set, where there is ipset. */
function alikeRules(uplinks: readonly string[]): fc.Arbitrary<string[]> {
  if (uplinks.length === 0) return fc.constant([]);
  const one = (name: string, ports: boolean) =>
    Array.from({ length: 10 }, (_, i) => [
      `rule ${500 + i} destination address 10.${50 + i}.0.0/16`,
      ...(ports ? [`rule ${500 + i} protocol tcp`, `rule ${500 + i} destination port ${8000 + i}`] : []),
      `rule ${500 + i} set uplink ${name}`,
    ]).flat();
  return fc.oneof(
    fc.constant<string[]>([]),
    fc.tuple(fc.constantFrom(...uplinks), fc.boolean()).map(([name, ports]) => one(name, ports)),
  );
}

/**
 * Numbers an operator may fix, none twice: marks that are other uplinks' first choice too, tables that are others' default (but
 * not of a mark that is fixed).
 */
function fixedNumbers(uplinks: readonly string[]): fc.Arbitrary<string[]> {
  const some = (leaf: string, values: number[]) =>
    fc
      .tuple(fc.shuffledSubarray(values, { minLength: uplinks.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
      .map(([numbers, given]) => uplinks.flatMap((name, i) => (given[i] ? [`uplink ${name} ${leaf} ${numbers[i]}`] : [])));
  return fc.tuple(some("mark", [1, 4, 5, 6]), some("table", [20, 21, 2002, 2003, 3000])).map((parts) => parts.flat());
}

/** Of several uplinks on one interface only one can know what came in by it, and say how its sources are validated. */
function oneTracks(lines: readonly string[]): string[] {
  const tracked = new Set<string>();
  const validated = new Map<string, string>();
  return lines.flatMap((line) => {
    const [, validating] = /^uplink (\S+) source-validation/.exec(line) ?? [];
    if (validating !== undefined) {
      const on =
        lines
          .find((other) => other.startsWith(`uplink ${validating} interface `))
          ?.split(" ")
          .at(-1) ?? "";
      if (validated.has(on)) return [];
      validated.set(on, validating);
    }
    const [, name, device] = /^uplink (\S+) interface (\S+)$/.exec(line) ?? [];
    const quiet = `uplink ${name} track-inbound disable`;
    if (device === undefined || lines.includes(quiet)) return [line];
    if (tracked.has(device)) return [line, quiet];
    tracked.add(device);
    return [line];
  });
}

/** A configuration in `set` lines (without `set policy-route`) that has no mistakes on the test router. */
export const arbitraryConfig: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.subarray(["a", "b", "c", "d"], { minLength: 1 }),
    fc.subarray(["g", "h"]),
    fc.constantFrom(undefined, undefined, "0x00ff0000", SMALL_MASK),
  )
  .chain(([names, groupNames, mask]) => {
    const groups = mask === SMALL_MASK ? [] : groupNames;
    const uplinks = mask === SMALL_MASK ? names.slice(0, 3) : names;
    return fc
      .tuple(
        below("", maybe("rule-priority", "1000"), maybe("exempt destination", "10.0.0.0/8", "2001:db8:77::/48")),
        ...uplinks.map(arbitraryUplink),
        ...groups.map((name) => arbitraryGroup(name, uplinks)),
        fixedNumbers(uplinks),
        ...[10, 20, 30].map((number) => fc.oneof(fc.constant<string[]>([]), arbitraryRule(number, uplinks, groups))),
        fc.oneof(fc.constant<string[]>([]), inboundRule(uplinks)),
        alikeRules(uplinks),
        arbitraryFirewall,
      )
      .map((parts) => [
        ...(mask === undefined ? [] : [`mark-mask ${mask}`]),
        ...oneTracks(parts.flat().map((line) => line.trim())),
      ]);
  });
