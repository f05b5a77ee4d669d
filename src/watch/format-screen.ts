import type { Shown, ShownRule, ShownUplink } from "../show/model.ts";
import { plain } from "../show/plain.ts";
import { countWords, gatewayWords, stateLine, waysWords } from "../show/words.ts";
import type { LoggedEvent } from "../uplink/event.ts";
import { eventLine } from "./event-line.ts";
import type { LinkCounters } from "./link-counters.ts";
import { byteWords, rateWords } from "./rate-words.ts";
import { shareRows } from "./share-rows.ts";
import { cutLine, type Line, type Span, type Tone, tableLines } from "./table.ts";

/** Everything the screen shows. */
export interface View {
  readonly shown: Shown;
  /** Per second, by interface. */
  readonly links: ReadonlyMap<string, LinkCounters>;
  /** New connections per second, by number. */
  readonly rules: ReadonlyMap<string, number>;
  /** Oldest first. */
  readonly events: readonly LoggedEvent[];
  /** What the operator has to know about where this is from. */
  readonly notes: readonly string[];
  /** `11:42:10` */
  readonly clock: string;
}

/** A screen of exactly this size at most: state, uplinks, groups, rules and the last events, each with as many lines as there is room for. */
export function formatScreen(view: View, width: number, height: number): Line[] {
  const { shown } = view;
  const title = "policy-route watch";
  const keys = `${view.clock}  q: quit`;
  const head: Line[] = [
    cutLine([{ text: title }, { text: keys.padStart(Math.max(keys.length + 2, width - title.length)), tone: "faint" }], width),
    ...stateLine(shown)
      .trimEnd()
      .split("\n")
      .map((text) => cutLine([{ text }], width)),
    ...view.notes.map((text) => cutLine([{ text: plain(text), tone: "care" }], width)),
  ];
  const sections = [
    { lines: uplinkLines(view, width), least: 4 },
    { lines: groupLines(shown, width), least: 2 },
    {
      lines: view.events.length === 0 ? [] : [[{ text: "Events", tone: "faint" as const }], ...eventLines(view.events, width)],
      least: 5,
    },
    { lines: ruleLines(view, width), least: 4 },
  ].filter(({ lines }) => lines.length > 0);
  const rows = shareRows(
    sections.map(({ lines, least }) => ({ wanted: lines.length, least })),
    height - head.length - sections.length,
  );
  const [events, others] = [
    sections.findIndex(({ least }) => least === 5),
    sections.map((section, i) => ({ ...section, rows: rows[i] ?? 0 })),
  ];
  const body = others.map(({ lines, rows: room }, i) => (i === events ? lastOf(lines, room) : firstOf(lines, room)));
  // Events move, so they are below what stands still.
  const order = [...body.filter((_, i) => i !== events), ...body.filter((_, i) => i === events)];
  return [...head, ...order.filter((lines) => lines.length > 0).flatMap((lines): Line[] => [[], ...lines])]
    .slice(0, height)
    .map((line) => cutLine(line, width));
}

function firstOf(lines: readonly Line[], rows: number): readonly Line[] {
  if (lines.length <= rows) return lines;
  if (rows < 2) return [];
  const hidden = lines.length - rows + 1;
  return [...lines.slice(0, rows - 1), [{ text: `and ${hidden} more`, tone: "faint" }]];
}

function lastOf(lines: readonly Line[], rows: number): readonly Line[] {
  return rows < 2 ? [] : [...lines.slice(0, 1), ...lines.slice(1).slice(-(rows - 1))];
}

function uplinkLines({ shown, links }: View, width: number): Line[] {
  const uplinks = shown.uplinks ?? [];
  if (uplinks.length === 0) return [];
  const columns = [
    { title: "Uplink" },
    { title: "Interface" },
    { title: "State" },
    { title: "In/s", right: true },
    { title: "Packets", right: true },
    { title: "Out/s", right: true },
    { title: "Packets", right: true },
    { title: "Gateway", flexible: true },
  ];
  const rows = uplinks.map((uplink): (string | Span)[] => {
    const rate = links.get(uplink.interface ?? "");
    const words =
      rate === undefined
        ? ["-", "-", "-", "-"]
        : [byteWords(rate.inBytes), rateWords(rate.inPackets), byteWords(rate.outBytes), rateWords(rate.outPackets)];
    return [uplink.name, uplink.interface ?? "-", stateSpan(uplink), ...words, wayWords(uplink)];
  });
  return tableLines(columns, rows, width);
}

const TONES: Readonly<Record<ShownUplink["state"], Tone>> = { up: "good", down: "bad", disabled: "faint" };

function stateSpan({ state, forced }: ShownUplink): Span {
  return { text: forced === undefined ? state : `${state} (forced)`, tone: forced === undefined ? TONES[state] : "care" };
}

function wayWords(uplink: ShownUplink): string {
  if (uplink.state !== "up") return uplink.why ?? "";
  const gateways = [gatewayWords(uplink.ipv4, "ipv4"), gatewayWords(uplink.ipv6, "ipv6")].filter((words) => words !== undefined);
  return [...new Set(gateways)].join(", ");
}

function groupLines({ groups = [] }: Shown, width: number): Line[] {
  if (groups.length === 0) return [];
  const rows = groups.map((group): (string | Span)[] => [
    group.name,
    group.mode,
    {
      text: group.state === "disabled" ? "disabled" : oneLine(waysWords(group.now)),
      tone: group.state === "up" ? "good" : "bad",
    },
    group.members.map(({ uplink, state }) => (state === "up" ? uplink : `${uplink} (${state})`)).join(", "),
  ]);
  return tableLines(
    [{ title: "Group" }, { title: "Mode" }, { title: "Active" }, { title: "Members", flexible: true }],
    rows,
    width,
  );
}

function ruleLines({ shown, rules }: View, width: number): Line[] {
  const all = shown.rules ?? [];
  if (all.length === 0) return [];
  const columns = [
    { title: "Rule", right: true },
    { title: "Matches", flexible: true },
    { title: "To" },
    { title: "Now" },
    { title: "New", right: true },
    { title: "Per s", right: true },
  ];
  const rows = all.map((rule) => {
    const rate = rules.get(rule.number);
    return [
      rule.number,
      plain(rule.matches.length === 0 ? "everything" : rule.matches.join(" ")),
      rule.target.replace(/^replies by (.*)$/, "$1 (replies)"),
      nowSpan(rule),
      rule.newConnections === undefined ? "-" : countWords(rule.newConnections),
      rate === undefined ? "-" : rateWords(rate),
    ];
  });
  return tableLines(columns, rows, width);
}

function nowSpan(rule: ShownRule): Span {
  if (rule.disabled) return { text: "disabled", tone: "faint" };
  const text = oneLine(waysWords(rule.now));
  return text.includes("not applied") ? { text, tone: "bad" } : { text };
}

function eventLines(events: readonly LoggedEvent[], width: number): Line[] {
  return events.map(
    (event): Line =>
      cutLine([{ text: plain(eventLine(event)), ...(event.kind === "down" ? { tone: "bad" as const } : {}) }], width),
  );
}

function oneLine(text: string): string {
  return text.replaceAll("\n", ", ");
}
