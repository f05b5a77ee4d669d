import type { Issue } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import { EMPTY_STATE, type IpRule, type KernelState, type Route } from "../kernel/kernel-state.ts";
import { PROTOCOL, PROTOCOL_NAME, TABLE_BASE } from "../kernel/ownership.ts";
import type { Family } from "../net/address.ts";
import type { Facts } from "../uplink/facts.ts";
import type { UplinkState } from "../uplink/uplink-state.ts";
import { type AssignedSlots, PROHIBIT_OWNER, remembering, uplinkOwner } from "./assign-slots.ts";
import { CHAINS } from "./chain-parts.ts";
import type { Backend } from "./choose-backend.ts";
import { arrivalRules, fwmarkRule, probeRule, sourceRules } from "./compile-ip-rules.ts";
import { groupRoutes, probeRoutes, refusal, thrownPrefixes, uplinkRoutes } from "./compile-routes.ts";
import { type ChainTraffic, compileRules, type RuleChains } from "./compile-rules.ts";
import { compileRulesets, type Rulesets } from "./compile-rulesets.ts";
import { needsArrivalMark, uplinkSysctls } from "./compile-sysctls.ts";
import { expectations } from "./expectations.ts";
import { type GroupTarget, groupTargets } from "./group-targets.ts";
import { type MarkField, markField, slotMark } from "./mark-field.ts";
import { preferences } from "./preferences.ts";
import { renderSlotMemory } from "./slot-memory.ts";
import { probeTableName, ruleOwner, tableNumber, type UplinkTarget, uplinkTargets } from "./targets.ts";
import { userRules } from "./user-rules.ts";

export interface CompileInput {
  readonly config: Config;
  readonly facts: Facts;
  readonly uplinks: readonly UplinkState[];
  readonly slots: AssignedSlots;
  readonly backend: Backend["name"];
  /** Where the names for iproute2 go. */
  readonly files: { readonly rtTables: string; readonly rtProtos: string };
}

/** What the configuration and the facts ask of the kernel. Pure: the same input always gives the same state. */
export function compile(input: CompileInput): KernelState {
  const { config, facts, slots } = input;
  const targets = uplinkTargets(config, input.uplinks, slots.assignment);
  const groups = groupTargets(config, input.uplinks, slots.assignment, facts);
  // A rule that drops or logs needs no slot, and is a rule all the same.
  const acts = Object.values(config.rule).some((rule) => !rule.disable && (rule.action === "drop" || rule.log === "enable"));
  if (config.disable || (slots.assignment.slots.size === 0 && !acts)) return EMPTY_STATE;
  const field = markField(config["mark-mask"]);
  const strict = targets.filter((target) => target.state !== undefined && needsArrivalMark(target, targets, facts.rpFilter));
  const names = [
    ...targets.flatMap(({ name, table, tableName, probeTable }) => [
      { id: table, name: tableName, owner: uplinkOwner(name) },
      ...(probeTable === undefined ? [] : [{ id: probeTable, name: probeTableName(tableName) }]),
    ]),
    ...groups
      .flatMap((group) => [group, ...group.members])
      .map(({ table, tableName, owner }) => ({ id: table, name: tableName, owner })),
  ];
  const forwarded = compileRules(config, facts, slots.assignment, "forwarded", CHAINS.forwarded, input.backend);
  const local = compileRules(config, facts, slots.assignment, "local", CHAINS.local, input.backend);
  const inbound = compileRules(config, facts, slots.assignment, "inbound", CHAINS.inbound, input.backend);
  const parts = facts.families.map((family) =>
    compileFamily(input, family, field, targets, groups, strict, {
      forwarded: forwarded[family],
      local: local[family],
      inbound: inbound[family],
    }),
  );
  return {
    chains: parts.flatMap((part) => part.chains),
    hooks: parts.flatMap((part) => part.hooks),
    nft: parts.flatMap((part) => part.nft),
    ipRules: parts.flatMap((part) => part.ipRules),
    routes: parts.flatMap((part) => part.routes),
    sets: parts.flatMap((part) => part.sets),
    sysctls: new Map(targets.flatMap((target) => uplinkSysctls(target, facts.families, strict.includes(target)))),
    files: new Map([
      [input.files.rtTables, renderSlotMemory(slots.assignment, names)],
      [input.files.rtProtos, `${PROTOCOL}\t${PROTOCOL_NAME}\n`],
    ]),
    interimFiles:
      slots.staleMarks.length === 0 ? new Map() : new Map([[input.files.rtTables, renderSlotMemory(remembering(slots), names)]]),
    expectations: parts.flatMap((part) => part.expectations),
    staleMarks: slots.staleMarks,
  };
}

/** Mistakes that only show once tables have numbers. */
export function checkTables(config: Config, facts: Facts, uplinks: readonly UplinkState[], slots: AssignedSlots): Issue[] {
  const targets = uplinkTargets(config, uplinks, slots.assignment);
  const probes = targets.flatMap((target): Issue[] => {
    const other = targets.find(({ probeTable }) => probeTable !== undefined && probeTable === target.table);
    const message = `table ${target.table} is taken by the probes of uplink ${other?.name}; choose another`;
    return other === undefined ? [] : [{ path: ["uplink", target.name], message }];
  });
  // Tables given to both are found by the checks; here one of them has its default, which a `mark` fixes.
  const shared = targets.flatMap((target, i): Issue[] => {
    const other = targets.slice(0, i).find(({ table }) => table === target.table);
    if (other === undefined || (other.config.table !== undefined && target.config.table !== undefined)) return [];
    const without = other.config.table === undefined ? other : target;
    const message = `both use table ${target.table}; ${without.name} by default (mark ${without.slot}), set its table`;
    return [{ path: ["uplink", `${other.name} and ${target.name}`], message }];
  });
  const unknown = Object.entries(config.rule).flatMap(([number, rule]): Issue[] => {
    const reference = rule.set.table;
    if (rule.disable || rule.action !== "set" || reference === undefined) return [];
    if (tableNumber(reference, targets, facts.tableNames) !== undefined) return [];
    return [{ path: ["rule", number], message: `table "${reference}" is no number and no table of that name is known` }];
  });
  return [...shared, ...probes, ...unknown];
}

interface FamilyPart extends Rulesets {
  readonly ipRules: readonly IpRule[];
  readonly routes: readonly Route[];
  readonly expectations: KernelState["expectations"];
}

function compileFamily(
  input: CompileInput,
  family: Family,
  field: MarkField,
  targets: readonly UplinkTarget[],
  groups: readonly GroupTarget[],
  strict: readonly UplinkTarget[],
  rules: Readonly<Record<ChainTraffic, RuleChains>>,
): FamilyPart {
  const { config, facts, slots } = input;
  const at = preferences(config["rule-priority"], facts.catchAlls, family);
  const thrown = thrownPrefixes(config, facts.links, family);
  const others = otherTargets(config, facts, targets, slots);
  return {
    ...compileRulesets(input, { family, field, uplinks: targets, groups, strict, ...rules }),
    ipRules: [
      ...targets.map((target) => fwmarkRule(family, at, slotMark(field, target.slot), target.table)),
      ...groups
        .flatMap((group) => [group, ...group.members])
        .map(({ slot, table }) => fwmarkRule(family, at, slotMark(field, slot), table)),
      ...others.map(({ slot, table }) => fwmarkRule(family, at, slotMark(field, slot), table)),
      ...(family === "ipv4" ? arrivalRules(strict, field, at) : []),
      ...targets.flatMap((target) => probeRule(target, family, field, at)),
      ...sourceRules(targets, family, at),
      ...(family === "ipv4" ? userRules(config, facts.links, targets, at) : []),
    ],
    routes: [
      ...targets.flatMap((target) => [...uplinkRoutes(target, family, thrown), ...probeRoutes(target, family, thrown)]),
      ...groups.flatMap((group) => groupRoutes(group, family, thrown)),
      ...others.flatMap(({ owner, table }) => (owner === PROHIBIT_OWNER ? [refusal(family, table, "prohibit")] : [])),
    ],
    expectations: expectations(targets, groups, family, field, thrown),
  };
}

/** Slots without an uplink or a group: `set table`, whose routes are the operator's, and `action prohibit`, whose table holds nothing else. */
function otherTargets(config: Config, facts: Facts, targets: readonly UplinkTarget[], slots: AssignedSlots) {
  const found = new Map<string, { owner: string; slot: number; table: number }>();
  for (const rule of Object.values(config.rule)) {
    if (rule.disable) continue;
    const owner = ruleOwner(rule);
    const slot = owner === undefined ? undefined : slots.assignment.slots.get(owner);
    if (owner === undefined || slot === undefined) continue;
    if (rule.set.table === undefined && owner !== PROHIBIT_OWNER) continue;
    const table = owner === PROHIBIT_OWNER ? TABLE_BASE + slot : tableNumber(rule.set.table ?? "", targets, facts.tableNames);
    if (table !== undefined) found.set(owner, { owner, slot, table });
  }
  return [...found.values()];
}
