import { WIDTH, wrap } from "../show/columns.ts";
import type { Shown, ShownGroup, ShownRoute, ShownRule, ShownUplink } from "../show/model.ts";
import { plain } from "../show/plain.ts";
import { countWords, gatewayWords, stateLine } from "../show/words.ts";
import { foldRules, type Run, rangeWords } from "./fold-rules.ts";
import { endWords, goesTo, memberRole, tailWords } from "./nodes.ts";
import type { LinkKind } from "./picture.ts";
import { isMissing, ruleText } from "./rule-box.ts";

/** What a terminal can show: box drawing characters, or ASCII only. */
interface Pen {
  readonly branch: string;
  readonly last: string;
  readonly bar: string;
  readonly arrow: Readonly<Record<LinkKind, string>>;
}

const BOXES: Pen = {
  branch: "\u251c",
  last: "\u2514",
  bar: "\u2502",
  arrow: { now: "\u2501\u2501\u25ba", standby: "\u254c\u254c\u25ba", off: " \u00d7 " },
};
const ASCII: Pen = { branch: "|", last: "`", bar: "|", arrow: { now: "==>", standby: "-->", off: " x " } };

/** Column of the rules' texts. */
const INDENT = 6;

/**
 * The picture for a terminal of 80 columns: rules with one target under each other, below them where their packets go and what
 * takes over when that fails. A target is told of in full where it comes up first.
 * @param unicode whether the terminal can show box drawing characters
 */
export function renderText(shown: Shown, unicode: boolean): string {
  const writer = new TextPicture(shown, unicode ? BOXES : ASCII);
  const text = writer.draw();
  return unicode ? text : text.replace(/[^\n -~]/g, "?");
}

class TextPicture {
  /** Targets told of in full, and uplinks told of as members of a group. */
  private readonly told = new Set<string>();
  private readonly seen = new Set<string>();

  constructor(
    private readonly shown: Shown,
    private readonly pen: Pen,
  ) {}

  draw(): string {
    const { description, groups = [], uplinks = [], rules = [], warnings } = this.shown;
    const { runs, gathered } = foldRules(rules);
    const head = [...stateLine(this.shown).trimEnd().split("\n"), ...(description === undefined ? [] : [plain(description)])];
    const lines = head.flatMap((line) => wrap(line, WIDTH)).flatMap((line) => pieces(line, WIDTH));
    if (this.shown.state === "not-configured") return `${lines.join("\n")}\n`;
    for (const run of runs) lines.push("", ...this.run(run, runs));
    if (this.shown.state === "active") lines.push("", "everything else", this.step(this.pen.last, "now", "main table"));
    const idle = [
      ...groups.filter(({ name }) => !this.told.has(`group ${name}`)).map((group) => this.group(group, runs)),
      ...uplinks
        .filter(({ name }) => !this.told.has(`uplink ${name}`) && !this.seen.has(name))
        .map((uplink) => this.uplink(uplink, runs)),
    ];
    for (const [head = "", ...tree] of idle) lines.push("", `${head} (no rule leads here)`, ...tree);
    lines.push("", ...this.legend(gathered));
    for (const warning of warnings)
      lines.push(...wrap(plain(warning), WIDTH - 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}`));
    return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
  }

  private legend(gathered: boolean): string[] {
    const { now, standby, off } = this.pen.arrow;
    return [
      `${now} packets go here now   ${standby} takes over when that fails   ${off.trim()} not in use`,
      ...(gathered ? ['Rules with one target are together here; in order: "show policy-route rule"'] : []),
    ];
  }

  private run(run: Run, runs: readonly Run[]): string[] {
    const rest = run.rules.slice(run.lines);
    const lines = run.rules.slice(0, run.lines).flatMap((rule) => columns(rule.number, ruleText(rule), lastWord(rule)));
    if (rest.length > 0) lines.push(...columns("", `and ${rest.length} more: ${rangeWords(rest)}`, ""));
    for (const [range, count] of run.shared)
      lines.push(...columns("", `${range} share a set and are counted together`, countWords(count)));
    const [first] = run.rules;
    const idle = this.shown.state !== "active" || first === undefined || first.disabled || isMissing(first);
    const [head = "", ...tree] = this.target(run.node, runs);
    return [
      ...lines,
      this.step(this.pen.last, idle ? "off" : "now", head),
      ...tree.map((line) => `${" ".repeat(INDENT)}${line}`),
    ];
  }

  private step(corner: string, kind: LinkKind, text: string): string {
    return `  ${corner}${this.pen.arrow[kind]} ${text}`;
  }

  /** A target in one line, and the first time what is behind it. */
  private target(node: string, runs: readonly Run[]): string[] {
    if (node.startsWith("end ")) return [endWords(node)[0]];
    if (this.told.has(node)) return [`${node}, as above`];
    const group = this.shown.groups?.find(({ name }) => node === `group ${name}`);
    if (group !== undefined) return this.group(group, runs);
    const uplink = this.shown.uplinks?.find(({ name }) => node === `uplink ${name}`);
    return uplink === undefined ? [node] : this.uplink(uplink, runs);
  }

  private group(group: ShownGroup, runs: readonly Run[]): string[] {
    const node = `group ${group.name}`;
    this.told.add(node);
    const own = rulesOf(runs, node);
    const widths = [Math.max(0, ...group.members.map(({ uplink }) => uplink.length))];
    const members = group.members.map((member): Branch => {
      this.seen.add(member.uplink);
      const role = memberRole(group, member);
      const number = String(group.mode === "balance" ? member.weight : member.priority).padStart(3);
      const uplink = this.shown.uplinks?.find(({ name }) => name === member.uplink);
      const state = member.state === role || member.state === "up" ? role : `${role}, ${member.state}`;
      const way = member.why ?? (uplink === undefined ? "" : placeWords(uplink));
      const kind = role === "in use" ? "now" : role === "down" || role === "disabled" ? "off" : "standby";
      return { kind, text: `${number} ${member.uplink.padEnd(widths[0] ?? 0)}  ${state.padEnd(10)}  ${way}` };
    });
    const spread = group.mode === "balance" ? "balance by weight" : "failover by priority";
    return [`${node}: ${group.state}, ${spread}`, ...this.tree([...members, tail(group.ifDown, own, "all fail")])];
  }

  private uplink(uplink: ShownUplink, runs: readonly Run[]): string[] {
    const node = `uplink ${uplink.name}`;
    this.told.add(node);
    const own = rulesOf(runs, node);
    const forced = uplink.forced === undefined ? "" : " (forced)";
    const why = uplink.why === undefined || uplink.state === "disabled" ? "" : `, ${uplink.why}`;
    const way: Branch = { kind: uplink.state === "up" ? "now" : "off", text: placeWords(uplink) };
    const branches = [way, ...(uplink.rules.length === 0 ? [] : [tail(uplink.ifDown, own, "it fails")])];
    return [`${node}: ${uplink.state}${forced}${why}`, ...this.tree(branches)];
  }

  private tree(branches: readonly Branch[]): string[] {
    return branches.flatMap(({ kind, text }, i) => {
      const isLast = i === branches.length - 1;
      const wrapped = wrap(plain(text).replace(/^ +/, ""), WIDTH - INDENT - 5);
      const lead = /^ */.exec(text)?.[0] ?? "";
      return wrapped.map((line, part) =>
        part === 0
          ? `${isLast ? this.pen.last : this.pen.branch}${this.pen.arrow[kind]} ${lead}${line}`
          : `${isLast ? " " : this.pen.bar}    ${lead}${line}`,
      );
    });
  }
}

interface Branch {
  readonly kind: LinkKind;
  readonly text: string;
}

function tail(ifDown: ShownUplink["ifDown"], rules: readonly ShownRule[], failure: "it fails" | "all fail"): Branch {
  return { kind: goesTo(rules, ifDown) ? "now" : "standby", text: tailWords(ifDown, rules, failure) };
}

function rulesOf(runs: readonly Run[], node: string): ShownRule[] {
  return runs.filter((run) => run.node === node).flatMap(({ rules }) => rules);
}

function lastWord(rule: ShownRule): string {
  if (rule.disabled) return "disabled";
  if (isMissing(rule)) return "not applied";
  return rule.newConnections === undefined ? "" : countWords(rule.newConnections);
}

/** Number, text and what stands at the right; long texts go on under themselves. */
function columns(number: string, text: string, right: string): string[] {
  const width = WIDTH - INDENT - (right === "" ? 0 : right.length + 2);
  const lines = wrap(plain(text), width).flatMap((line) => pieces(line, width));
  return lines.map((line, i) =>
    i === 0
      ? `${number.padStart(INDENT - 2)}  ${line.padEnd(WIDTH - INDENT - right.length)}${right}`
      : `${" ".repeat(INDENT)}${line}`,
  );
}

/** A word that is longer than a line is broken. */
function pieces(line: string, width: number): string[] {
  return line.match(new RegExp(`.{1,${width}}`, "gu")) ?? [""];
}

/** `eth1 via 198.51.100.1 (dhcp), 2001:db8::1 (ra)` */
function placeWords(uplink: ShownUplink): string {
  const gateway = (route: ShownRoute, family: "ipv4" | "ipv6"): string[] => {
    const words = gatewayWords(route, family);
    return words === undefined ? [] : [words];
  };
  const gateways = [...new Set([...gateway(uplink.ipv4, "ipv4"), ...gateway(uplink.ipv6, "ipv6")])];
  const device = uplink.interface ?? "no interface";
  if (gateways.length === 0) return `${device}, no gateway`;
  return gateways[0] === "point-to-point" ? `${device}, ${gateways.join(", ")}` : `${device} via ${gateways.join(", ")}`;
}
