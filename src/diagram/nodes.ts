import { FAMILIES } from "../net/address.ts";
import type { IfDown, ShownGroup, ShownMember, ShownRule, ShownUplink, Way } from "../show/model.ts";

/**
 * Places a packet can be sent to, as texts: `uplink dsl`, `group web`, and where no uplink is asked `end main`, `end prohibit`,
 * `end drop`, `end table 50`.
 */
export function targetNode(rule: ShownRule): string {
  if (rule.action === "exempt") return "end main";
  if (rule.action !== "set") return `end ${rule.action}`;
  const target = rule.target.replace(/^replies by /, "");
  return target.startsWith("table ") ? (target === "table main" ? "end main" : `end ${target}`) : target;
}

/** An end in two lines. */
export function endWords(node: string): readonly [name: string, meaning: string] {
  const name = node.replace(/^end /, "");
  switch (name) {
    case "main":
      return ["main table", "as without policy routing"];
    case "prohibit":
    case "unreachable":
      return [name, "packets are refused"];
    case "blackhole":
    case "drop":
      return [name, "packets are dropped"];
    default:
      return [name, "a table of yours"];
  }
}

/** `main table`, `prohibit (refused)`: what `if-down` does, for the end of a line. */
export function verdictWords(ifDown: IfDown): string {
  if (ifDown === "main") return "main table";
  return `${ifDown} (${ifDown === "blackhole" ? "dropped" : "refused"})`;
}

/** What a member does for its group now. `next`: has the traffic when the one in use fails. */
export type Role = "in use" | "next" | "ready" | "held" | "down" | "disabled";

export function memberRole(group: ShownGroup, member: ShownMember): Role {
  if (member.state === "down" || member.state === "disabled") return member.state;
  if (group.state === "disabled") return "disabled";
  if (usedMembers(group).has(member.uplink)) return "in use";
  if (group.mode === "failover" && successor(group) === member) return "next";
  return member.state === "held" ? "held" : "ready";
}

/** Uplinks that have a group's new connections in either family. */
export function usedMembers(group: ShownGroup): ReadonlySet<string> {
  return new Set([group.now.ipv4, group.now.ipv6].flatMap(uplinksOf));
}

function uplinksOf(way: Way | undefined): readonly string[] {
  return way?.to === "uplink" ? [way.uplink] : way?.to === "uplinks" ? way.uplinks : [];
}

/** Who has a failover group's traffic when what is in use fails: the first of the others that are up; those held back come last. */
function successor(group: ShownGroup): ShownMember | undefined {
  const used = usedMembers(group);
  const others = group.members.filter((member) => !used.has(member.uplink));
  return others.find(({ state }) => state === "up") ?? others.find(({ state }) => state === "held");
}

/**
 * Who takes over from an uplink, one line per use of it: rules that name it (of which packets may go there already, in one family or
 * both), and groups that use it now.
 */
export function takeovers(uplink: ShownUplink, groups: readonly ShownGroup[], rules: readonly ShownRule[]): string[] {
  const own = uplink.rules.length === 0 ? [] : [tailWords(uplink.ifDown, rules, "it fails")];
  const used = groups.filter((group) => usedMembers(group).has(uplink.name));
  return [...own, ...used.map((group) => `if it fails, group ${group.name}: ${groupTakeover(group, uplink.name)}`)];
}

/** When packets of these rules go by `if-down`, and where that is: `if it fails: main table`, `now: prohibit (refused)`. */
export function tailWords(ifDown: IfDown, rules: readonly ShownRule[], failure: "it fails" | "all fail"): string {
  const ended = FAMILIES.filter((family) => rules.some(({ now }) => now[family]?.to === ifDown));
  const going = rules.some(({ now }) => FAMILIES.some((family) => now[family]?.to.startsWith("uplink") === true));
  const family = ended[0] === "ipv4" ? "IPv4" : "IPv6";
  const when = ended.length === 0 ? `if ${failure}` : going && ended.length === 1 ? `${family} now, all if ${failure}` : "now";
  return `${when}: ${verdictWords(ifDown)}`;
}

function groupTakeover(group: ShownGroup, name: string): string {
  const others = [...usedMembers(group)].filter((other) => other !== name);
  if (others.length > 0 && group.mode === "balance") return others.join(", ");
  return successor(group)?.uplink ?? others[0] ?? verdictWords(group.ifDown);
}

/** Whether packets of any of these rules go to this end now, in either family. */
export function goesTo(rules: readonly ShownRule[], end: IfDown): boolean {
  return rules.some(({ now }) => now.ipv4?.to === end || now.ipv6?.to === end);
}
