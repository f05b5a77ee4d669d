import { FAMILIES, type Family } from "../net/address.ts";
import type { PolicyEvent } from "./event.ts";
import { sourceWords } from "./source-words.ts";
import type { UplinkRoute, UplinkState } from "./uplink-state.ts";

const LINK_WORDS = {
  up: "up",
  "no-carrier": "no carrier",
  "admin-down": "taken down",
  missing: "the interface does not exist",
} as const;

/**
 * What happened to the uplinks between two reconciles, in words: lines that came or went, gateways and addresses that changed.
 * An uplink that has just been configured is told of only when it is down; one that left the configuration is no event.
 */
export function uplinkEvents(before: readonly UplinkState[], now: readonly UplinkState[]): readonly PolicyEvent[] {
  const former = new Map(before.map((uplink) => [uplink.name, uplink]));
  return now.flatMap((uplink) => changes(former.get(uplink.name), uplink));
}

function changes(before: UplinkState | undefined, now: UplinkState): PolicyEvent[] {
  const uplink = now.name;
  if (before === undefined && isUp(now)) return [];
  if (before === undefined || isUp(before) !== isUp(now)) {
    return [isUp(now) ? { uplink, kind: "up", text: ways(now) } : { uplink, kind: "down", text: reason(now) }];
  }
  if (!isUp(now)) return [];
  const events: PolicyEvent[] = [];
  for (const family of FAMILIES) {
    const [old, fresh] = [before.routes[family], now.routes[family]];
    if (way(old) === way(fresh)) continue;
    const learnt = fresh.kind === "none" ? (fresh.reason ?? "") : learntWords(fresh, family);
    events.push({ uplink, kind: "gateway", family, text: `${way(old)} -> ${way(fresh)}${learnt === "" ? "" : ` (${learnt})`}` });
  }
  const [had, has] = [globalAddresses(before), globalAddresses(now)];
  const words = [
    ...had.filter((address) => !has.includes(address)).map((address) => `${address} is gone`),
    ...has.filter((address) => !had.includes(address)).map((address) => `${address} is new`),
  ];
  if (words.length > 0) events.push({ uplink, kind: "address", text: words.join(", ") });
  return events;
}

/** Traffic can leave by it: link and gateway are there, and neither probes nor the operator object. */
function isUp(uplink: UplinkState): boolean {
  return (
    uplink.link === "up" && uplink.objection === undefined && FAMILIES.some((family) => uplink.routes[family].kind !== "none")
  );
}

function way(route: UplinkRoute): string {
  return route.kind === "gateway" ? (route.gateway ?? "") : route.kind === "device" ? "point-to-point" : "no gateway";
}

function ways(uplink: UplinkState): string {
  return FAMILIES.flatMap((family) => {
    const route = uplink.routes[family];
    const learnt = learntWords(route, family);
    return route.kind === "none" ? [] : [`${way(route)}${learnt === "" ? "" : ` (${learnt})`}`];
  }).join(", ");
}

function learntWords({ learntFrom }: UplinkRoute, family: Family): string {
  return learntFrom === undefined ? "" : sourceWords(learntFrom, family);
}

function reason(uplink: UplinkState): string {
  if (uplink.link !== "up") return LINK_WORDS[uplink.link];
  if (FAMILIES.some((family) => uplink.routes[family].kind !== "none")) return uplink.objection ?? "";
  return uplink.routes.ipv4.reason ?? uplink.routes.ipv6.reason ?? "no gateway";
}

function globalAddresses(uplink: UplinkState): string[] {
  return uplink.addresses
    .filter(({ scope, flags }) => scope === "global" && !flags.includes("temporary"))
    .map(({ address, length }) => `${address}/${length}`);
}
