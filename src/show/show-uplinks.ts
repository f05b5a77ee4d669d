import { uplinkOwner } from "../compile/assign-slots.ts";
import { markField, slotMark } from "../compile/mark-field.ts";
import type { Config, Uplink } from "../config/schema.ts";
import type { Family } from "../net/address.ts";
import { hex32 } from "../net/fwmark.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { tableOf, uplinkWay } from "./live-way.ts";
import type { ShownMark, ShownRoute, ShownUplink } from "./model.ts";
import { showHealth } from "./show-health.ts";
import type { Sight } from "./sight.ts";

/** All configured uplinks, disabled ones too, in the order of the configuration. */
export function showUplinks(config: Config, sight: Sight): ShownUplink[] {
  const rules = rulesByUplink(config);
  return Object.entries(config.uplink).map(([name, uplink]) => showUplink(name, uplink, config, sight, rules.get(name) ?? []));
}

function rulesByUplink(config: Config): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  for (const [number, rule] of Object.entries(config.rule)) {
    const name = rule.set.uplink ?? rule.set["reply-uplink"];
    if (rule.disable || rule.action !== "set" || name === undefined) continue;
    const numbers = rules.get(name);
    if (numbers === undefined) rules.set(name, [number]);
    else numbers.push(number);
  }
  return rules;
}

function showUplink(name: string, uplink: Uplink, config: Config, sight: Sight, rules: readonly string[]): ShownUplink {
  const state = uplink.disable ? undefined : sight.uplinks.find((candidate) => candidate.name === name);
  const routes = { ipv4: showRoute(name, uplink, state, "ipv4", sight), ipv6: showRoute(name, uplink, state, "ipv6", sight) };
  const table = tableOf(name, uplink, sight);
  const mark = markOf(name, config, sight);
  const forced = sight.forced.get(name);
  const condition = conditionOf(uplink, state);
  const since = Object.hasOwn(sight.since, name) ? sight.since[name] : undefined;
  return {
    name,
    ...(uplink.description === undefined ? {} : { description: uplink.description }),
    ...(uplink.interface === undefined ? {} : { interface: uplink.interface }),
    ...condition,
    ...(since === undefined || since.up !== (condition.state === "up") ? {} : { since: since.at }),
    link: state?.link ?? "unknown",
    addresses: (state?.addresses ?? [])
      .filter((address) => address.scope !== "link")
      .map(({ address, length, peer }) => (peer === undefined ? `${address}/${length}` : `${address} peer ${peer}/${length}`)),
    ...routes,
    ...(table === undefined ? {} : { table: { id: table, name: uplink["table-name"] ?? name } }),
    ...(mark === undefined ? {} : { mark }),
    ifDown: uplink["if-down"],
    onlink: uplink.onlink,
    sourceRule: uplink["source-rule"] === "enable",
    sourceNat: uplink["source-nat"],
    trackInbound: uplink["track-inbound"] === "enable",
    rules,
    ...(uplink.health === undefined ? {} : { health: showHealth(uplink.health, sight.probes.get(name)) }),
    groups: Object.entries(config.group).flatMap(([group, { uplink: members }]) => (Object.hasOwn(members, name) ? [group] : [])),
    ...(forced === undefined ? {} : { forced }),
  };
}

/** Whether an uplink is used, and why it is not. */
export function conditionOf(uplink: Uplink, state: UplinkState | undefined): Pick<ShownUplink, "state" | "why"> {
  const why = whyDown(uplink, state);
  return { state: uplink.disable ? "disabled" : why === undefined ? "up" : "down", ...(why === undefined ? {} : { why }) };
}

function whyDown(uplink: Uplink, state: UplinkState | undefined): string | undefined {
  if (uplink.disable) return "disabled in the configuration";
  if (state === undefined) return "nothing is known about it";
  switch (state.link) {
    case "missing":
      return `interface ${state.interface} does not exist`;
    case "admin-down":
      return `interface ${state.interface} is administratively down`;
    case "no-carrier":
      return `interface ${state.interface} has no carrier`;
    case "up": {
      const { ipv4, ipv6 } = state.routes;
      if (ipv4.kind !== "none" || ipv6.kind !== "none") return state.objection;
      return ipv4.reason ?? ipv6.reason ?? "no gateway is known";
    }
  }
}

function showRoute(name: string, uplink: Uplink, state: UplinkState | undefined, family: Family, sight: Sight): ShownRoute {
  const route = state?.routes[family];
  return {
    kind: route?.kind ?? "none",
    ...(route?.gateway === undefined ? {} : { gateway: route.gateway }),
    gateways: route?.gateways ?? [],
    ...(route?.learntFrom === undefined ? {} : { learntFrom: route.learntFrom }),
    ...(route?.sourceAddress === undefined ? {} : { source: route.sourceAddress }),
    ...(route?.reason === undefined || route.reason === "" ? {} : { why: route.reason }),
    now: uplinkWay(name, uplink, family, sight),
  };
}

function markOf(name: string, config: Config, sight: Sight): ShownMark | undefined {
  const slot = sight.slots.slots.get(uplinkOwner(name));
  if (slot === undefined) return undefined;
  const mark = slotMark(markField(config["mark-mask"]), slot);
  return { slot, value: hex32(mark.value), mask: hex32(mark.mask) };
}
