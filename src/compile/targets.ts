import type { Config, Rule, Uplink } from "../config/schema.ts";
import { CHAIN_PREFIX, PROBE_TABLE_BASE, TABLE_BASE } from "../kernel/ownership.ts";
import type { Family } from "../net/address.ts";
import type { SlotAssignment } from "../uplink/facts.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { groupOwner, PROHIBIT_OWNER, tableOwner, uplinkOwner, usedUplinks } from "./assign-slots.ts";

/** An uplink as the compiler sees it: what the operator said, what is known, and its numbers. */
export interface UplinkTarget {
  readonly name: string;
  readonly config: Uplink;
  /** Absent when the uplink is disabled or its state is unknown: it counts as down. */
  readonly state: UplinkState | undefined;
  readonly slot: number;
  readonly table: number;
  readonly tableName: string;
  /** The table its probes are routed by; absent when it has none. */
  readonly probeTable?: number;
}

export const MAIN_TABLE = 254;

/** For `ip route show table`; uplinks have no dot in their names, and the checks see to it that no table is called so. */
export function probeTableName(tableName: string): string {
  return `${tableName}.probe`;
}

/** Uplinks that need something in the kernel, in the order of the configuration. */
export function uplinkTargets(config: Config, uplinks: readonly UplinkState[], slots: SlotAssignment): UplinkTarget[] {
  return usedUplinks(config).map((name) => {
    const uplink = config.uplink[name];
    const slot = slots.slots.get(uplinkOwner(name));
    if (uplink === undefined || slot === undefined) throw new Error(`Bug: uplink ${name} has no slot`);
    return {
      name,
      config: uplink,
      state: uplink.disable ? undefined : uplinks.find((state) => state.name === name),
      slot,
      table: uplink.table ?? TABLE_BASE + slot,
      tableName: uplink["table-name"] ?? name,
      ...(uplink.health === undefined || uplink.disable ? {} : { probeTable: PROBE_TABLE_BASE + slot }),
    };
  });
}

/** Chain that a rule of `traffic inbound` jumps to. */
export function answerChain(slot: number): string {
  return `${CHAIN_PREFIX}_BACK_${slot}`;
}

/** Chain that a rule with `action set` or `prohibit` jumps to. */
export function targetChain(slot: number): string {
  return `${CHAIN_PREFIX}_T_${slot}`;
}

/** Who owns the slot a rule sends its packets to; `undefined` for actions that need none. */
export function ruleOwner(rule: Rule): string | undefined {
  if (rule.action === "prohibit") return PROHIBIT_OWNER;
  if (rule.action !== "set") return undefined;
  const uplink = rule.set.uplink ?? rule.set["reply-uplink"];
  if (uplink !== undefined) return uplinkOwner(uplink);
  if (rule.set.group !== undefined) return groupOwner(rule.set.group);
  if (rule.set.table !== undefined) return tableOwner(rule.set.table);
  throw new Error("Bug: a rule with nothing to set passed the checks");
}

/** Table number behind `set table <main|n|name>`; `undefined` when nobody knows the name. */
export function tableNumber(
  reference: string,
  targets: readonly UplinkTarget[],
  names: ReadonlyMap<string, number>,
): number | undefined {
  if (reference === "main") return MAIN_TABLE;
  if (/^\d+$/.test(reference)) return Number(reference);
  return targets.find((target) => target.tableName === reference)?.table ?? names.get(reference);
}

/** Whether the uplink can carry packets of the family now, as far as the kernel will see it. */
export function carries({ state }: { readonly state: UplinkState | undefined }, family: Family): boolean {
  return state !== undefined && state.objection === undefined && state.link === "up" && state.routes[family].kind !== "none";
}
