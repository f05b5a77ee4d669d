import type { Check } from "./check.ts";
import type { Group } from "./schema.ts";
import { notConfigured } from "./suggest.ts";

/** Groups: their names, their members, and settings that say nothing where they stand. */
export function checkGroups(check: Check): void {
  const { uplink } = check.config;
  for (const [name, group] of Object.entries(check.config.group)) {
    const path = ["group", name];
    if (Object.hasOwn(uplink, name))
      check.error(path, `"${name}" is also the name of an uplink; rename one of them, rules name both`);
    const names = Object.keys(group.uplink);
    if (names.length === 0 && !group.disable && !check.isBroken(path)) {
      check.warn(path, `has no members, so its traffic always goes by if-down ${group["if-down"]}; add one with "uplink NAME"`);
    }
    for (const member of names) checkMember(check, path, member);
    if (!group.disable) checkModes(check, path, group);
  }
}

function checkMember(check: Check, path: readonly string[], member: string): void {
  const { uplink, group } = check.config;
  if (!Object.hasOwn(uplink, member)) {
    const isGroup = Object.hasOwn(group, member) ? "it is a group: a group's members are uplinks" : undefined;
    check.error(path, notConfigured("uplink", member, Object.keys(uplink), isGroup));
  } else if (uplink[member]?.disable)
    check.warn(path, `uplink "${member}" is disabled and counts as down; delete its "disable", or take it out of the group`);
}

function checkModes(check: Check, path: readonly string[], { mode, failback, ...group }: Group): void {
  const members = Object.values(group.uplink);
  if (mode === "balance" && failback === "immediate") {
    check.warn(path, "failback immediate has no effect with mode balance: no member comes before another");
  }
  if (mode === "failover" && members.some(({ weight }) => weight !== 1)) {
    check.warn(path, "weight has no effect with mode failover: the member with the lowest priority has all");
  }
  if (failback === "manual" && group["failback-delay"] > 0) {
    check.warn(path, "failback-delay has no effect with failback manual: no time brings a member back");
  }
}
