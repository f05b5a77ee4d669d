import type { IpRule } from "../kernel/kernel-state.ts";
import type { Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import { arrivalMark, type MarkField } from "./mark-field.ts";
import type { Preferences } from "./preferences.ts";
import type { UplinkTarget } from "./targets.ts";

export function fwmarkRule(family: Family, at: Preferences, fwmark: Fwmark, table: number): IpRule {
  return { family, preference: at.fwmark, fwmark, action: { lookup: table } };
}

/** `from <own address> lookup <table>`: what the router sends from an uplink's address leaves by that uplink (ADR 12 where uplinks share it). */
export function sourceRules(targets: readonly UplinkTarget[], family: Family, at: Preferences): IpRule[] {
  const owning = targets.filter(({ state, config }) => state !== undefined && config["source-rule"] === "enable");
  return owning.flatMap((target): IpRule[] => {
    const rivals = owning.filter(({ config }) => config.interface === target.config.interface);
    return (target.state?.addresses ?? [])
      .filter(({ family: own, scope, address }) => own === family && scope !== "link" && owner(address, rivals) === target)
      .map(({ address }) => ({ family, preference: at.from, from: address, action: { lookup: target.table } }));
  });
}

/** Which of the uplinks on one interface an address belongs to. A gateway's MAC says that another router is there, which may be main's. */
function owner(address: string, rivals: readonly UplinkTarget[]): UplinkTarget | undefined {
  const naming = rivals.find(({ config }) => config["source-address"] === address);
  if (naming !== undefined) return naming;
  const [first] = rivals;
  return rivals.length === 1 && first?.config["gateway-mac"] !== undefined ? undefined : first;
}

/**
 * Strict reverse path filtering (IPv4 only; IPv6 has none): a packet that arrives by the uplink carries slot and arrival
 * bit. The reverse lookup, which for forwarded packets is made with the *output* interface as iif, then finds the uplink's
 * table; the packet's own lookup, with the uplink as iif, jumps over that (kernel-layout.md 2.1).
 */
export function arrivalRules(strict: readonly UplinkTarget[], field: MarkField, at: Preferences): IpRule[] {
  if (strict.length === 0) return [];
  const family = "ipv4";
  const end = at.arrivalEnd;
  const rules: IpRule[] = [{ family, preference: end, action: "nop" }];
  for (const target of strict) {
    const fwmark = arrivalMark(field, target.slot);
    const iif = target.config.interface;
    if (iif === undefined) continue;
    rules.push({ family, preference: at.arrivalGoto, iif, fwmark, action: { goto: end } });
    // Answers to probes have to pass while the uplink counts as down, when its own table may refuse everything.
    rules.push({ family, preference: at.arrivalLookup, fwmark, action: { lookup: target.probeTable ?? target.table } });
  }
  return rules;
}

/**
 * The uplink's probes: sockets bound to its interface whose packets carry slot and arrival bit, which no other rule for the
 * router's own packets asks for. Forwarded packets have no socket, so `oif` never matches them.
 */
export function probeRule(target: UplinkTarget, family: Family, field: MarkField, at: Preferences): IpRule[] {
  const oif = target.config.interface;
  if (target.probeTable === undefined || oif === undefined) return [];
  return [{ family, preference: at.probe, oif, fwmark: arrivalMark(field, target.slot), action: { lookup: target.probeTable } }];
}
