import { groupOwner, PROHIBIT_OWNER, tableOwner, uplinkOwner } from "../compile/assign-slots.ts";
import { flattenRule } from "../compile/flatten-rule.ts";
import type { Config, Rule } from "../config/schema.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import { hasLookup, uplinkWay } from "./live-way.ts";
import type { ShownRule, Way } from "./model.ts";
import { type NotedLine, notedLines } from "./rule-lines.ts";
import { ruleWords } from "./rule-words.ts";
import { groupWays } from "./show-groups.ts";
import type { KernelSight, Sight } from "./sight.ts";

/** All configured rules, disabled ones too, in numeric order. */
export function showRules(config: Config, sight: Sight): ShownRule[] {
  const lines = sight.kernel === undefined ? undefined : linesByRule(config, sight, notedLines(sight.kernel));
  const ways = groupWays(config, sight);
  return Object.entries(config.rule).map(([number, rule]) => showRule(number, rule, config, sight, lines?.get(number), ways));
}

/** A line that stands for rules 10-900 belongs to each of them that has something to match in its family and traffic. */
function linesByRule(config: Config, sight: Sight, lines: readonly NotedLine[]): Map<string, NotedLine[]> {
  const byRule = new Map<string, NotedLine[]>(Object.keys(config.rule).map((number) => [number, []]));
  const enabled = Object.entries(config.rule).filter(([, rule]) => !rule.disable);
  for (const line of lines) {
    if (line.first === line.last) byRule.get(String(line.first))?.push(line);
    else {
      for (const [number, rule] of enabled) {
        if (Number(number) < line.first || Number(number) > line.last) continue;
        if (families(rule, sight).includes(line.shown.family)) byRule.get(number)?.push(line);
      }
    }
  }
  return byRule;
}

/** Families in which the rule can match anything, with the interfaces as they are now. */
function families(rule: Rule, sight: Sight): Family[] {
  return FAMILIES.filter((family) => canMatch(rule, family, sight));
}

function canMatch(rule: Rule, family: Family, { links }: Sight): boolean {
  const halves = rule.traffic === "all" ? [false, true] : [rule.traffic === "local"];
  return halves.some((local) => flattenRule(rule, family, links, local, { repeats: true, sets: true }).any.length > 0);
}

type GroupWays = ReturnType<typeof groupWays>;

function showRule(
  number: string,
  rule: Rule,
  config: Config,
  sight: Sight,
  lines: readonly NotedLine[] | undefined,
  ways: GroupWays,
): ShownRule {
  const off = rule.disable || config.disable;
  const name = rule.set.uplink ?? rule.set["reply-uplink"];
  const uplink = rule.action === "set" && name !== undefined ? config.uplink[name] : undefined;
  const group = rule.action === "set" && rule.set.group !== undefined ? config.group[rule.set.group] : undefined;
  const ifDown = (uplink ?? group)?.["if-down"];
  const now: { ipv4?: Way; ipv6?: Way } = {};
  const concerned =
    lines === undefined ? families(rule, sight) : FAMILIES.filter((family) => lines.some((line) => line.shown.family === family));
  if (!off) for (const family of concerned) now[family] = ruleWay(rule, family, config, sight, lines, ways);
  return {
    number,
    ...(rule.description === undefined ? {} : { description: rule.description }),
    disabled: rule.disable,
    traffic: rule.traffic,
    matches: ruleWords(rule),
    action: rule.action,
    target: targetWords(rule),
    ...(ifDown === undefined ? {} : { ifDown }),
    log: rule.log === "enable",
    now,
    ...(lines === undefined || off ? {} : counts(lines)),
    ...(lines === undefined ? {} : { lines: lines.map((line) => line.shown) }),
  };
}

function targetWords(rule: Rule): string {
  if (rule.action !== "set") return rule.action;
  if (rule.set.uplink !== undefined) return uplinkOwner(rule.set.uplink);
  if (rule.set["reply-uplink"] !== undefined) return `replies by ${uplinkOwner(rule.set["reply-uplink"])}`;
  if (rule.set.group !== undefined) return groupOwner(rule.set.group);
  return tableOwner(rule.set.table ?? "");
}

function ruleWay(
  rule: Rule,
  family: Family,
  config: Config,
  sight: Sight,
  lines: readonly NotedLine[] | undefined,
  ways: GroupWays,
): Way {
  const own = lines?.filter((line) => line.shown.family === family);
  if (own?.some((line) => line.shown.status === "missing")) return { to: "not-applied" };
  if (sight.kernel !== undefined && !isHooked(sight.kernel, rule.traffic, family)) return { to: "not-applied" };
  if (rule.action === "exempt") return { to: "main" };
  if (rule.action === "drop") return { to: "drop" };
  const { group, table } = rule.set;
  const name = rule.set.uplink ?? rule.set["reply-uplink"];
  if (rule.action === "set" && name !== undefined) {
    const uplink = config.uplink[name];
    return uplink === undefined ? { to: "not-applied" } : uplinkWay(name, uplink, family, sight);
  }
  if (rule.action === "set" && group !== undefined) return ways(group, family);
  const owner = rule.action === "prohibit" ? PROHIBIT_OWNER : tableOwner(table ?? "");
  if (sight.kernel !== undefined && !hasLookup(sight, sight.kernel, owner, family)) return { to: "not-applied" };
  if (rule.action === "prohibit") return { to: "prohibit" };
  return table === "main" ? { to: "main" } : { to: "table", table: table ?? "" };
}

/** What packets of the rule's traffic come from still leads into our chains: jumps of iptables, hooks of nftables. */
function isHooked(kernel: KernelSight, traffic: Rule["traffic"], family: Family): boolean {
  const needed = [...(traffic === "local" ? [] : ["PREROUTING"]), ...(traffic === "forwarded" ? [] : ["OUTPUT"])];
  const hooks = kernel.observed.nft.find((table) => table.family === family)?.chains.map(({ base }) => base) ?? [];
  return needed.every((chain) =>
    kernel.state.nft.length > 0
      ? hooks.some((base) => base.includes(` hook ${chain.toLowerCase()} priority -149;`))
      : kernel.observed.jumps.some((jump) => jump.family === family && jump.table === "mangle" && jump.chain === chain),
  );
}

/** Connections are counted by their first packet. What shares a line with other rules cannot be told apart. */
function counts(lines: readonly NotedLine[]): Pick<ShownRule, "newConnections" | "countedWith"> {
  const deciding = lines.filter((line) => line.decides);
  const shared = new Map<string, number>();
  let own = 0;
  for (const { first, last, shown } of deciding) {
    if (first === last) own += shown.packets ?? 0;
    else shared.set(`${first}-${last}`, (shared.get(`${first}-${last}`) ?? 0) + (shown.packets ?? 0));
  }
  if (shared.size === 0) return { newConnections: own };
  return { countedWith: [...shared].map(([rules, newConnections]) => ({ rules, newConnections })) };
}
