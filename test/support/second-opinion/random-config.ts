import { OTHER_TARGETS } from "../other-targets.ts";
import type { Random } from "./random.ts";
import { type Flavour, others, protocol, side, type Traffic } from "./random-matches.ts";
import { GATEWAY_MACS, SECOND_GATEWAY } from "./world.ts";

const GATEWAYS: Readonly<Record<string, { readonly dev: string; readonly v4: string; readonly v6?: string }>> = {
  a: { dev: "eth1", v4: "198.51.100.1", v6: "2001:db8:1::1" },
  b: { dev: "eth2", v4: "203.0.113.1", v6: "2001:db8:2::1" },
  c: { dev: "eth3", v4: "10.3.0.1", v6: "2001:db8:3::1" },
  d: { dev: "eth4", v4: "10.4.0.1" },
  e: { dev: "eth1", v4: SECOND_GATEWAY.ipv4, v6: SECOND_GATEWAY.ipv6 },
};

/** The router's firewall. A large group becomes a set, a small one does not. */
export const FIREWALL: readonly string[] = [
  "address-group SMALL address 192.168.188.10",
  "address-group SMALL address 192.0.2.7-192.0.2.10",
  ...Array.from({ length: 9 }, (_, i) => `address-group LARGE address 10.9.${i}.1`),
  "address-group LARGE address 192.168.188.11-192.168.188.12",
  "address-group LARGE address 192.0.2.20",
  "network-group NETS network 192.0.2.0/28",
  "network-group NETS network 192.168.188.12/31",
  ...Array.from({ length: 9 }, (_, i) => `network-group MANY network 10.${30 + i}.0.0/16`),
  "network-group MANY network 192.0.2.16/29",
  "network-group EMPTY",
  "ipv6-address-group SMALL6 address 2001:db8:a::10",
  "ipv6-address-group SMALL6 address 2001:db8:99::7",
  ...Array.from({ length: 9 }, (_, i) => `ipv6-network-group NETS6 network 2001:db8:8${i}::/48`),
  "ipv6-network-group NETS6 network 2001:db8:99::/64",
  ...Array.from({ length: 20 }, (_, i) => `port-group PORTS port ${i === 19 ? "8000-8010" : 441 + 2 * i}`),
];

/** By which gateway's MAC address uplinks of eth1 are told: both, the exception, or none, which a commit warns of. */
function tellingMacs(uplinks: readonly string[], random: Random): { readonly a?: string; readonly e?: string } {
  const [first, second] = GATEWAY_MACS;
  if (uplinks.includes("e") && uplinks.includes("a"))
    return random.pick([{ a: first, e: second }, { a: first, e: second }, { e: second }, { a: first }, {}]);
  return { ...(random.chance(0.2) ? { a: random.pick(GATEWAY_MACS) } : {}), ...(random.chance(0.6) ? { e: second } : {}) };
}

function uplink(name: string, mac: string | undefined, strict: boolean, random: Random): string[] {
  const way = GATEWAYS[name] as NonNullable<(typeof GATEWAYS)[string]>;
  const maybe = (probability: number, line: string): string[] => (random.chance(probability) ? [line] : []);
  return [
    `interface ${way.dev}`,
    `gateway ${way.v4}`,
    ...(way.v6 !== undefined && random.chance(0.75) ? [`gateway6 ${way.v6}`] : []),
    ...(random.chance(0.5) ? [`if-down ${random.pick(["prohibit", "unreachable", "blackhole"])}`] : []),
    ...maybe(0.3, "source-nat masquerade"),
    ...maybe(0.4, "track-inbound disable"),
    ...maybe(0.3, "source-rule disable"),
    ...(mac === undefined ? [] : [`gateway-mac ${mac}`]),
    ...(strict ? maybe(0.8, "source-validation strict") : []),
    ...(way.dev === "eth1" ? maybe(0.15, `source-address ${random.pick(["198.51.100.2", "198.51.100.7"])}`) : []),
    ...maybe(0.08, "disable"),
  ].map((line) => `uplink ${name} ${line}`);
}

function group(name: string, members: readonly string[], random: Random): string[] {
  return [
    `mode ${random.pick(["failover", "balance"])}`,
    ...(random.chance(0.5) ? [`if-down ${random.pick(["prohibit", "unreachable", "blackhole"])}`] : []),
    ...(random.chance(0.3) ? [`failback ${random.pick(["immediate", "manual"])}`] : []),
    ...members.flatMap((member) => [
      `uplink ${member} priority ${random.pick([10, 20, 100])}`,
      ...(random.chance(0.3) ? [`uplink ${member} weight ${random.pick([3, 200])}`] : []),
    ]),
    ...(random.chance(0.08) ? ["disable"] : []),
  ].map((line) => `group ${name} ${line}`);
}

function rule(number: number, uplinks: readonly string[], groups: readonly string[], random: Random, sets: boolean): string[] {
  const traffic = random.pick<Traffic>(["forwarded", "forwarded", "forwarded", "forwarded", "local", "local", "all", "inbound"]);
  const flavour = random.pick<Flavour>(["ipv4", "ipv4", "ipv6", "both"]);
  const targets =
    traffic === "inbound"
      ? [...uplinks, ...uplinks].map((name) => `set reply-uplink ${name}`).concat("action exempt", "action drop")
      : [
          ...[...uplinks, ...uplinks].map((name) => `set uplink ${name}`),
          ...groups.map((name) => `set group ${name}`),
          ...OTHER_TARGETS,
        ];
  return [
    ...(traffic === "forwarded" ? [] : [`traffic ${traffic}`]),
    ...(random.chance(0.08) && flavour !== "both" ? [`family ${flavour}`] : []),
    ...protocol(flavour, random),
    ...side("source", flavour, traffic, random),
    ...side("destination", flavour, traffic, random),
    ...others(traffic, random),
    ...(sets && flavour !== "both" && random.chance(0.15)
      ? [`${random.pick(["source", "destination"])} ipset ${random.pick(["", "!"])}${flavour === "ipv4" ? "OFFICE" : "OFFICE6"}`]
      : []),
    ...(random.chance(0.05) ? ["disable"] : []),
    random.pick(targets),
  ].map((line) => `rule ${number} ${line}`);
}

/** Neighbours that differ in an address or a port only: they become one rule with a set. */
function alike(uplinks: readonly string[], random: Random): string[] {
  if (!random.chance(0.25)) return [];
  const [name, ports] = [random.pick(uplinks), random.chance(0.5)];
  return Array.from({ length: 10 }, (_, i) => [
    `rule ${500 + i} destination address 192.0.2.${i + 1}`,
    ...(ports ? [`rule ${500 + i} protocol tcp`, `rule ${500 + i} destination port ${8000 + i}`] : []),
    `rule ${500 + i} set uplink ${name}`,
  ]).flat();
}

/** `sets`: rules may ask sets of ipset. A configuration without mistakes for the router of world.ts, in `set` lines without `set policy-route`. */
export function randomConfig(random: Random, sets: boolean): string[] {
  const [first = "a", ...more] = random.chance(0.5) ? ["a", "b"] : ["b", "a"];
  const uplinks = [first, ...random.some([...more, "c", "d"], 0.6), ...random.some(["e"], 0.4)].sort();
  const macs: Readonly<Record<string, string>> = tellingMacs(uplinks, random);
  const strict = random.some(["eth1", "eth2"], 0.3);
  const groups = random.some(["g", "h"], 0.4);
  const exempt = [
    ...random.some(["destination 192.0.2.16/29", "destination 2001:db8:99::10/124", "destination 192.168.188.0/24"], 0.2),
    ...random.some(["source 192.168.188.13", "source 2001:db8:a::11"], 0.15),
    ...(random.chance(0.15) ? ["connected disable"] : []),
  ].map((line) => `exempt ${line}`);
  const count = 3 + random.number(5);
  return [
    ...exempt,
    ...uplinks.flatMap((name) => uplink(name, macs[name], strict.includes(GATEWAYS[name]?.dev ?? ""), random)),
    ...groups.flatMap((name) =>
      group(
        name,
        [random.pick(uplinks), ...random.some(uplinks, 0.6)].filter((one, i, all) => all.indexOf(one) === i),
        random,
      ),
    ),
    ...Array.from({ length: count }, (_, i) => rule(10 * (i + 1), uplinks, groups, random, sets)).flat(),
    ...alike(uplinks, random),
    ...FIREWALL.map((line) => `firewall group ${line}`),
  ];
}
