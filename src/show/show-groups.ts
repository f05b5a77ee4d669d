import { groupOwner } from "../compile/assign-slots.ts";
import {
  balancedMembers,
  type GroupTarget,
  groupTargets,
  liveMembers,
  type MemberTarget,
  ranked,
} from "../compile/group-targets.ts";
import { markField, slotMark } from "../compile/mark-field.ts";
import type { Config, Group } from "../config/schema.ts";
import { usedGroups } from "../config/used-groups.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import { hex32 } from "../net/fwmark.ts";
import { hasLookup, tableRoute } from "./live-way.ts";
import type { ShownGroup, ShownMember, Way } from "./model.ts";
import { conditionOf } from "./show-uplinks.ts";
import type { KernelSight, Sight } from "./sight.ts";

/** All configured groups, disabled ones too, in the order of the configuration. */
export function showGroups(config: Config, sight: Sight): ShownGroup[] {
  const targets = targetsOf(config, sight);
  return Object.entries(config.group).map(([name, group]) => {
    const target = targets.find((candidate) => candidate.name === name);
    return showGroup(name, group, target, config, sight);
  });
}

/** Where packets of a rule that says `set group NAME` go now. Each way is looked up once, however many rules ask. */
export function groupWays(config: Config, sight: Sight): (name: string, family: Family) => Way {
  const ways = new Map(
    targetsOf(config, sight).flatMap((target) =>
      FAMILIES.map((family): [string, Way] => [`${family} ${target.name}`, targetWay(target, family, sight)]),
    ),
  );
  return (name, family) => ways.get(`${family} ${name}`) ?? { to: "not-applied" };
}

/** Groups that have slots; none where only an old or no state was saved. */
function targetsOf(config: Config, sight: Sight): GroupTarget[] {
  const known = usedGroups(config).every(([name]) => sight.slots.slots.has(groupOwner(name)));
  if (!known) return [];
  return groupTargets(config, sight.uplinks, sight.slots, { liveness: { held: sight.held }, now: sight.now });
}

function targetWay(group: GroupTarget, family: Family, sight: Sight): Way {
  const { kernel } = sight;
  const tail: Way = { to: group.config["if-down"] };
  if (kernel === undefined)
    return spreadWay(group, balancedMembers(group, family)) ?? firstWay(liveMembers(group, family)) ?? tail;
  if (!hasLookup(sight, kernel, group.owner, family)) return { to: "not-applied" };
  const isUsed = (member: MemberTarget): boolean => tableMember(group, member.table, family, sight, kernel) === member;
  const spread = spreadWay(group, balancedMembers(group, family).filter(isUsed));
  if (spread !== undefined) return spread;
  const found = tableMember(group, group.table, family, sight, kernel);
  return typeof found === "object" ? { to: "uplink", uplink: found.name } : { to: found };
}

function spreadWay({ config }: GroupTarget, members: readonly MemberTarget[]): Way | undefined {
  if (config.mode !== "balance" || members.length < 2) return firstWay(config.mode === "balance" ? members : []);
  return { to: "uplinks", uplinks: members.map(({ name }) => name) };
}

function firstWay([first]: readonly MemberTarget[]): Way | undefined {
  return first === undefined ? undefined : { to: "uplink", uplink: first.name };
}

/** The member whose route the kernel takes in one of the group's tables, or what is behind them all. */
function tableMember(
  group: GroupTarget,
  table: number,
  family: Family,
  sight: Sight,
  kernel: KernelSight,
): MemberTarget | "main" | "prohibit" | "unreachable" | "blackhole" {
  const route = tableRoute(kernel, sight.links, table, family);
  if (route === undefined || route.type === "throw") return "main";
  if (route.type !== "unicast") return route.type;
  const onDevice = group.members.filter((member) => member.uplink.interface === route.device);
  return onDevice.find(({ state }) => state?.routes[family].gateway === route.gateway) ?? onDevice[0] ?? "main";
}

function showGroup(name: string, group: Group, target: GroupTarget | undefined, config: Config, sight: Sight): ShownGroup {
  const off = group.disable || config.disable;
  const families = FAMILIES.filter((family) => sight.kernel?.state.ipRules.some((rule) => rule.family === family) ?? true);
  const now = off || target === undefined ? {} : Object.fromEntries(families.map((one) => [one, targetWay(target, one, sight)]));
  const members = ranked(group).map((member) => showMember(member, group, target, config, sight));
  const up = members.some(({ state }) => state === "up" || state === "held");
  const mark = target === undefined ? undefined : slotMark(markField(config["mark-mask"]), target.slot);
  return {
    name,
    ...(group.description === undefined ? {} : { description: group.description }),
    state: off ? "disabled" : up ? "up" : "down",
    mode: group.mode,
    now,
    members,
    failback: group.failback,
    failbackDelay: group["failback-delay"],
    ifDown: group["if-down"],
    ...(target === undefined ? {} : { table: { id: target.table, name: target.tableName } }),
    ...(target === undefined || mark === undefined
      ? {}
      : { mark: { slot: target.slot, value: hex32(mark.value), mask: hex32(mark.mask) } }),
    rules: Object.entries(config.rule).flatMap(([number, { disable, set }]) => (!disable && set.group === name ? [number] : [])),
  };
}

function showMember(name: string, group: Group, target: GroupTarget | undefined, config: Config, sight: Sight): ShownMember {
  const { priority = 0, weight = 1 } = group.uplink[name] ?? {};
  const uplink = config.uplink[name];
  const condition =
    uplink === undefined
      ? ({ state: "down" } as const)
      : conditionOf(
          uplink,
          sight.uplinks.find((state) => state.name === name),
        );
  const member = target?.members.find((candidate) => candidate.name === name);
  const until = sight.held.get(target?.name ?? "")?.get(name);
  const held = condition.state === "up" && member?.held === true;
  return {
    uplink: name,
    priority,
    weight,
    ...(held ? { state: "held" } : condition),
    ...(held && until !== undefined ? { heldUntil: until } : {}),
    ...(member === undefined ? {} : { table: { id: member.table, name: member.tableName }, slot: member.slot }),
  };
}
