import { findFirewallGroups } from "../../../src/config/firewall-groups.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { fillNames } from "../../../src/config/outside-names.ts";
import { parseConfigTree } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Packet } from "../../../src/explain/packet.ts";
import type { Sighted } from "../../../src/explain/sighted.ts";
import { familyOf } from "../../../src/net/address.ts";
import type { Link } from "../../../src/uplink/facts.ts";
import type { UplinkState } from "../../../src/uplink/uplink-state.ts";

function link(name: string, ...addresses: string[]): Link {
  return {
    name,
    index: 1,
    up: true,
    carrier: true,
    pointToPoint: false,
    loopback: name === "lo",
    addresses: addresses.map((text) => {
      const [address = "", length] = text.split("/");
      const family = familyOf(address) ?? "ipv4";
      return { family, address, length: Number(length), scope: address.startsWith("fe80") ? "link" : "global", flags: [] };
    }),
  };
}

/** A LAN on eth0, uplinks on eth1 and eth2, another LAN on eth4. */
export const LINKS: readonly Link[] = [
  link("lo", "127.0.0.1/8"),
  link("eth0", "192.168.1.1/24", "2001:db8:a::1/64", "fe80::1/64"),
  link("eth1", "198.51.100.2/24"),
  link("eth2", "203.0.113.2/24"),
  link("eth4", "192.168.50.1/24"),
  { ...link("eth5", "10.5.0.1/24"), vrf: "blue" },
];

const SETS = new Map([["office", { type: "hash:net", family: "ipv4" } as const]]);
const IN_SETS = new Map([
  ["office 192.168.1.7", true],
  ["office 192.0.2.9", false],
]);

/** A configuration in `set` lines without `set policy-route`, on that router. Uplinks in `down` have no link; IPv6 nobody has. */
export function worldOf(lines: readonly string[], down: readonly string[] = []): Sighted {
  const router = parseSetCommands(
    lines.map((line) => `set ${line.startsWith("firewall ") ? "" : "policy-route "}${line}\n`).join(""),
  );
  const tree = router.children.get("policy-route");
  if (tree === undefined) throw new Error("nothing is configured");
  const { config: parsed } = parseConfigTree(tree, BUILT_IN_LOOKUPS);
  const { groups } = findFirewallGroups(parsed, router, BUILT_IN_LOOKUPS);
  const config = fillNames(parsed, { users: new Map([["mldonkey", 1005]]), userGroups: new Map([["p2p", 1007]]) }, groups, SETS);
  const none = { kind: "none", onlink: false, gateways: [] } as const;
  const uplinks = Object.entries(config.uplink).map(([name, uplink]): UplinkState => {
    const own = LINKS.find((one) => one.name === uplink.interface);
    const gateway = String(uplink.gateway);
    return {
      name,
      interface: own?.name ?? "",
      link: down.includes(name) ? "no-carrier" : "up",
      addresses: own?.addresses ?? [],
      routes: { ipv4: { kind: "gateway", gateway, gateways: [gateway], onlink: false }, ipv6: none },
    };
  });
  return { config, links: LINKS, uplinks, held: new Map(), now: 0, inSets: IN_SETS, slots: new Map() };
}

/** A TCP connection from the LAN to port 443 of the internet, where nothing else is said. */
export function packet(rest: Partial<Packet> = {}): Packet {
  return {
    family: "ipv4",
    inbound: "eth0",
    source: "192.168.1.7",
    destination: "192.0.2.9",
    protocol: 6,
    sourcePort: 1024,
    destinationPort: 443,
    tcpFlags: ["SYN"],
    tos: 0,
    length: 60,
    mac: "52:54:00:00:00:07",
    state: "new",
    ...rest,
  };
}

/** What the router itself sends; by user 1000 unless it is said otherwise. */
export function ownPacket(rest: Partial<Packet> = {}): Packet {
  const { inbound: _, mac: __, ...made } = packet({ source: "192.168.1.1", user: 1000, userGroup: 1000, ...rest });
  return made;
}
