import { compareNatural } from "../config/natural-order.ts";
import type { Group } from "../config/schema.ts";
import type { Family } from "../net/address.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { type Decision, stays, type Target } from "./decide.ts";
import type { Surroundings } from "./judge-rule.ts";
import type { Packet } from "./packet.ts";

/** What is known of the lines: their states, and which members of groups may not have their traffic back yet. */
export interface Lines extends Surroundings {
  readonly uplinks: readonly UplinkState[];
  readonly held: ReadonlyMap<string, ReadonlyMap<string, number | undefined>>;
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * What happens to a packet in the end. `ways`: the lines it may take, of which chance chooses one. `bySource`: not because of a
 * rule, but because the router sends it from that line's address.
 */
export type End =
  | { readonly to: "uplinks"; readonly ways: readonly [string, ...string[]]; readonly bySource?: true }
  | { readonly to: "main" | "drop" | "prohibit" | "unreachable" | "blackhole" | "router" }
  | { readonly to: "table"; readonly table: string };

/** Where the packet goes while the lines are as they are. */
export function follow(target: Target, packet: Packet, lines: Lines): End {
  const { config } = lines;
  const refused = refusedSource(packet, lines);
  if (refused !== undefined && target.to !== "drop" && target.to !== "router") return refused;
  if (target.to === "uplink") return afterMain(uplinkEnd(target.uplink, packet.family, lines), packet, lines);
  if (target.to === "group") {
    const group = config.group[target.group];
    if (group === undefined) return { to: "main" };
    const ways = groupWays(target.group, group, packet.family, lines);
    const end: End = ways === undefined ? { to: group["if-down"] } : { to: "uplinks", ways };
    return afterMain(end, packet, lines);
  }
  if (target.to === "table") return target.table === "main" ? { to: "main" } : target;
  return afterMain({ to: target.to }, packet, lines);
}

/** Where the answers to a packet that came in leave: they are sent from its destination to its source. */
export function followReplies({ replies }: Decision, packet: Packet, lines: Lines): End {
  if (replies?.to !== "uplink") return { to: "main" };
  const { source: destination, family } = packet;
  const near = stays(destination, family, lines);
  return near === undefined ? uplinkEnd(replies.uplink, family, lines) : { to: "main" };
}

function uplinkEnd(name: string, family: Family, lines: Lines): End {
  if (isUsable(name, family, lines)) return { to: "uplinks", ways: [name] };
  return { to: lines.config.uplink[name]?.["if-down"] ?? "main" };
}

/**
 * What the router sends from an uplink's address leaves by that uplink, where no rule says otherwise: also when the uplink of
 * a rule is down and leaves the packet to main.
 */
function afterMain(end: End, packet: Packet, lines: Lines): End {
  if (end.to !== "main" || packet.inbound !== undefined || stays(packet.destination, packet.family, lines) !== undefined)
    return end;
  const name = addressOwner(packet.source, lines);
  if (name === undefined) return end;
  const own = uplinkEnd(name, packet.family, lines);
  return own.to === "uplinks" ? { ...own, bySource: true } : own;
}

/**
 * What the router sends from the address of an uplink whose kill switch is shut: the kernel looks for a way by the address
 * before rules see the packet, and finds the refusal.
 */
function refusedSource(packet: Packet, lines: Lines): End | undefined {
  if (packet.inbound !== undefined || stays(packet.destination, packet.family, lines) !== undefined) return undefined;
  const name = addressOwner(packet.source, lines);
  if (name === undefined) return undefined;
  const end = uplinkEnd(name, packet.family, lines);
  return end.to === "uplinks" || end.to === "main" ? undefined : end;
}

/** The uplink whose address it is: where several share an interface, the one that names it as its `source-address`, else the first. */
function addressOwner(address: string, { config, uplinks }: Lines): string | undefined {
  const owning = uplinks.filter(({ name, addresses }) => {
    const uplink = config.uplink[name];
    const own = addresses.some((one) => one.address === address && one.scope !== "link");
    return own && uplink !== undefined && !uplink.disable && uplink["source-rule"] === "enable";
  });
  const naming = owning.find(({ name }) => config.uplink[name]?.["source-address"] === address);
  if (naming !== undefined) return naming.name;
  const [first] = owning;
  if (first === undefined || (owning.length === 1 && config.uplink[first.name]?.["gateway-mac"] !== undefined)) return undefined;
  return first.name;
}

/** Whether an uplink can carry packets of the family now. */
export function isUsable(name: string, family: Family, { config, uplinks }: Lines): boolean {
  const state = uplinks.find((one) => one.name === name);
  if (state === undefined || config.uplink[name]?.disable !== false) return false;
  return state.link === "up" && state.objection === undefined && state.routes[family].kind !== "none";
}

/** The members that new connections take: the first that may be used, or with `mode balance` all of them. `undefined`: there is none. */
function groupWays(name: string, group: Group, family: Family, lines: Lines): [string, ...string[]] | undefined {
  if (group.disable) return undefined;
  const usable = membersInOrder(group).filter((member) => isUsable(member, family, lines));
  const free = usable.filter((member) => !isHeld(name, member, lines));
  const [first, ...others] = free.length > 0 ? free : usable;
  if (first === undefined) return undefined;
  return group.mode === "balance" ? [first, ...others] : [first];
}

/** By priority, equal ones by name. */
export function membersInOrder(group: Group): string[] {
  return Object.entries(group.uplink)
    .sort(([a, one], [b, other]) => one.priority - other.priority || compareNatural(a, b))
    .map(([member]) => member);
}

/** Up, and not to have traffic back yet. */
export function isHeld(group: string, member: string, { held, now }: Lines): boolean {
  const members = held.get(group);
  if (members === undefined || !members.has(member)) return false;
  return (members.get(member) ?? Number.POSITIVE_INFINITY) > now;
}
