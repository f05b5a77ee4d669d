import { FAMILIES, type Family } from "../net/address.ts";
import type { PolicyEvent } from "./event.ts";
import type { UplinkState } from "./uplink-state.ts";

export type HookEvent = "uplink-up" | "uplink-down" | "address-changed" | "gateway-changed" | "group-switched" | "drift-repaired";

/** What one call of the operator's `hook` says. What does not apply, or is not known, is absent. */
export interface HookCall {
  readonly event: HookEvent;
  readonly uplink?: string;
  readonly interface?: string;
  readonly address?: string;
  readonly oldAddress?: string;
  readonly gateway?: string;
  readonly group?: string;
  /** The member of the group that is used now; absent when none is. */
  readonly active?: string;
  /** In words, one line. */
  readonly reason: string;
}

/**
 * The calls for events of one reconcile, in their order. `before` and `now` are the uplinks around it. All repairs together are
 * one call: a flush of the whole ruleset is one thing that happened.
 */
export function hookCalls(
  events: readonly PolicyEvent[],
  before: readonly UplinkState[],
  now: readonly UplinkState[],
): readonly HookCall[] {
  const drift = events.filter(({ kind }) => kind === "drift").map(({ text }) => text);
  return [
    ...(drift.length === 0 ? [] : [{ event: "drift-repaired" as const, reason: drift.join("; ") }]),
    ...events.flatMap((event) => callOf(event, before, now)),
  ];
}

const UPLINK_EVENTS = { up: "uplink-up", down: "uplink-down", address: "address-changed", gateway: "gateway-changed" } as const;

function callOf(event: PolicyEvent, before: readonly UplinkState[], now: readonly UplinkState[]): HookCall[] {
  const { kind, text: reason, uplink, group } = event;
  if (kind === "group" && group !== undefined)
    return [{ event: "group-switched", group, ...(uplink === undefined ? {} : { active: uplink }), reason }];
  if (kind !== "up" && kind !== "down" && kind !== "address" && kind !== "gateway") return [];
  const state = now.find(({ name }) => name === uplink);
  if (uplink === undefined || state === undefined) return [];
  const former = before.find(({ name }) => name === uplink);
  const family = event.family ?? familyOfChange(former, state);
  const address = addressOf(state, family);
  const oldAddress = former === undefined ? undefined : addressOf(former, family);
  const gateway = state.routes[family].gateway;
  return [
    {
      event: UPLINK_EVENTS[kind],
      uplink,
      interface: state.interface,
      ...(address === undefined ? {} : { address }),
      ...(oldAddress === undefined || oldAddress === address ? {} : { oldAddress }),
      ...(gateway === undefined ? {} : { gateway }),
      reason,
    },
  ];
}

/** The family whose address changed; where none or both did, IPv4, unless the uplink has IPv6 only. */
function familyOfChange(before: UplinkState | undefined, now: UplinkState): Family {
  const changed = FAMILIES.filter((family) => before !== undefined && addressOf(before, family) !== addressOf(now, family));
  const routed = FAMILIES.filter((family) => now.routes[family].kind !== "none");
  return changed[0] ?? routed[0] ?? "ipv4";
}

/** The address that connections of the router's own leave with; else the first that lasts. */
function addressOf({ routes, addresses }: UplinkState, family: Family): string | undefined {
  const lasting = addresses.find((own) => own.family === family && own.scope === "global" && !own.flags.includes("temporary"));
  return routes[family].sourceAddress ?? lasting?.address;
}

/** The environment of the call; docs/health.md lists it. */
export function hookEnvironment(call: HookCall): Record<string, string> {
  return Object.fromEntries(
    Object.entries(call).map(([name, value]) => [
      `PR_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
      value,
    ]),
  );
}
