import type { Place, Remark } from "./findings.ts";
import type { Imported, ImportedRule, ImportedUplink } from "./imported.ts";
import { readable } from "./symbol.ts";

/** Leaves of an uplink in the order they are written. */
const LEAVES = [
  "interface",
  "gateway",
  "gateway6",
  "onlink",
  "source-address",
  "table",
  "table-name",
  "mark",
  "source-rule",
  "source-nat",
  "track-inbound",
  "source-validation",
  "log-martians",
  "if-down",
];

/** Leaves of a rule that are written before others. */
const FIRST = ["family", "inbound-interface", "protocol"];

const LAST_RULE = 9999;

/** The `set` lines, uplinks first, so that each can be given in this order. Throws RangeError for more rules than there are numbers. */
export function writeCommands({ uplinks, groups, exempt, rules }: Imported): string[] {
  const numbers = ruleNumbers(rules.length);
  return [
    ...uplinks.flatMap(uplinkLines),
    ...groups.flatMap(({ name, mode, members }) => [
      `group ${name} mode ${mode}`,
      ...members.map(
        ({ uplink, rank }) => `group ${name} uplink ${uplink} ${mode === "balance" ? "weight" : "priority"} ${rank}`,
      ),
    ]),
    ...exempt.map(({ side, prefix }) => `exempt ${side} ${prefix}`),
    ...rules.flatMap((rule, i) => ruleLines(rule).map((line) => `rule ${numbers[i]} ${line}`)),
  ].map((line) => `set policy-route ${line}`);
}

/** Numbers for so many rules, ten apart where there is room. */
export function ruleNumbers(count: number): number[] {
  if (count > LAST_RULE) throw new RangeError(`${count} rules: there are numbers for ${LAST_RULE}`);
  const step = Math.max(1, Math.min(10, Math.floor(LAST_RULE / Math.max(1, count))));
  return Array.from({ length: count }, (_, i) => (i + 1) * step);
}

function uplinkLines({ name, leaves }: ImportedUplink): string[] {
  const lines = LEAVES.flatMap((leaf) => {
    const value = leaves.get(leaf);
    return value === undefined ? [] : [`uplink ${name} ${value === "" ? leaf : `${leaf} ${value}`}`];
  });
  return lines.length === 0 ? [`uplink ${name}`] : lines;
}

function ruleLines({ traffic, condition, way, log, description }: ImportedRule): string[] {
  const paths = [...condition.keys()].sort((a, b) => rank(a) - rank(b));
  const text =
    description === undefined
      ? undefined
      : readable(description)
          .replace(/['"\p{Cc}]/gu, "")
          .trim();
  return [
    ...(text === undefined || text === "" ? [] : [`description '${text}'`]),
    ...(traffic === "forwarded" ? [] : [`traffic ${traffic}`]),
    ...paths.flatMap((path) => (condition.get(path) ?? []).map((value) => conditionLine(path, value))),
    ...(log === true ? ["log enable"] : []),
    wayLine(way, traffic),
  ];
}

/** Values of `time` are leaves with theirs. */
function conditionLine(path: string, value: string): string {
  if (path === "state") return `state ${value} enable`;
  return `${path} ${path === "time" ? value.split(" ").map(quoted).join(" ") : quoted(value)}`;
}

function rank(path: string): number {
  const index = FIRST.indexOf(path);
  return index < 0 ? FIRST.length : index;
}

/** `!` and blanks are more than a shell's business: quoted as the router prints them. */
function quoted(value: string): string {
  return /^[\w.:,/+-]+$/.test(value) ? value : `'${value}'`;
}

function wayLine(way: ImportedRule["way"], traffic: ImportedRule["traffic"]): string {
  if (way.kind === "uplink" || way.kind === "group" || way.kind === "table")
    return `set ${traffic === "inbound" ? "reply-uplink" : way.kind} ${way.name}`;
  return `action ${way.kind}`;
}

/** Lines that say what was not taken and what was assumed, in the order of the texts. `names` of the texts, when there are several. */
export function writeRemarks(remarks: readonly Remark[], kind: Remark["kind"], names: readonly string[]): string[] {
  const place = ({ source, line }: Place): string => {
    const file = names.length > 1 ? `${names[source]} ` : "";
    return line === 0 ? file : `${file}line ${line}: `;
  };
  const lines = remarks
    .filter((remark) => remark.kind === kind)
    .sort((a, b) => a.at.source - b.at.source || a.at.line - b.at.line)
    .map(({ at, why }) => `# ${place(at)}${shortened(at.text)}: ${readable(why)}`);
  return [...new Set(lines)];
}

/** A line as it was, in one line and no longer than can be recognised. */
function shortened(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, " ").replace(/\s+/g, " ");
  return plain.length > 100 ? `${plain.slice(0, 97)}...` : plain;
}
