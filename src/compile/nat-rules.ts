import type { Match, Rule } from "../kernel/rule.ts";
import { type ChainInput, connmark } from "./chain-parts.ts";
import { slotMark } from "./mark-field.ts";

/** Source NAT of what leaves by an uplink with its slot, or by a table of the operator's. */
export function natRules(input: ChainInput): Rule[] {
  return [...uplinkNat(input), ...tableNat(input)];
}

/** A table that the operator fills can lead anywhere, so no interface is named. Only what main sends needs no other source. */
function tableNat({ field, slots, localSlots }: ChainInput): Rule[] {
  const tables = slots.filter(({ slot, owner }) => localSlots.has(slot) && owner.startsWith("table ") && owner !== "table main");
  return tables.map(({ slot, owner }) => ({
    matches: [
      connmark(slotMark(field, slot)),
      { match: "local-address", side: "source" },
      { match: "ipsec", way: "out", negate: true },
    ],
    action: { action: "masquerade" },
    note: owner,
  }));
}

/** The member of a group translates as its uplink does. */
function uplinkNat({ field, family, uplinks, groups, localSlots }: ChainInput): Rule[] {
  const ways = [
    ...uplinks.map(({ name, slot, config }) => ({ slot, config, note: `uplink ${name}` })),
    ...groups.flatMap(({ members }) => members.map(({ slot, uplink, owner }) => ({ slot, config: uplink, note: owner }))),
  ];
  return ways.flatMap(({ slot, config, note }): Rule[] => {
    if (config.interface === undefined || config.disable) return [];
    const leaving: Match[] = [{ match: "out-interface", name: config.interface, negate: false }, connmark(slotMark(field, slot))];
    const nat = config["source-nat"];
    // IPsec looks at the source after NAT: translated, the packet would miss its tunnel.
    const outside: Match = { match: "ipsec", way: "out", negate: true };
    if (nat === "masquerade") return [{ matches: [...leaving, outside], action: { action: "masquerade" }, note }];
    if (nat !== "disable" && nat.includes(":") === (family === "ipv6")) {
      return [{ matches: [...leaving, outside], action: { action: "snat", address: nat }, note }];
    }
    // Rerouting a packet of the router's own does not change its source, which was chosen for main (kernel-layout.md 2.10).
    if (!localSlots.has(slot)) return [];
    return [
      { matches: [...leaving, { match: "local-address", side: "source" }, outside], action: { action: "masquerade" }, note },
    ];
  });
}
