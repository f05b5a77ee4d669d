import type { Shown, ShownGroup, ShownRule, ShownUplink } from "../show/model.ts";
import { countWords, gatewayWords, healthWords, tableWords } from "../show/words.ts";
import { foldRules, type Run } from "./fold-rules.ts";
import { endWords, goesTo, memberRole, tailWords, takeovers } from "./nodes.ts";
import type { Box, Link, Picture, Row } from "./picture.ts";
import { ruleBox } from "./rule-box.ts";

/** Boxes and lines of everything that is configured: rules -> groups -> uplinks -> gateways, and ends that no uplink is asked for. */
export function makePicture(shown: Shown): Picture {
  const { uplinks = [], groups = [], rules = [] } = shown;
  if (shown.state === "not-configured") return { boxes: [], links: [], notes: [] };
  const { runs, gathered } = foldRules(rules);
  const dense = runs.reduce((sum, run) => sum + run.lines, 0) > MANY;
  const active = shown.state === "active";
  const drawn: Drawing[] = [
    ...runs.map((run, i) => drawRun(run, i, dense)),
    ...(active ? [everythingElse(dense)] : []),
    ...groups.map((group) => drawGroup(group, runs)),
    ...uplinks.flatMap((uplink) => drawUplink(uplink, groups, runs)),
  ];
  const boxes = drawn.map(({ box }) => box);
  const known = new Set(boxes.map(({ id }) => id));
  const links = drawn
    .flatMap((drawing) => drawing.links)
    .filter(({ to }) => known.has(to) || to.startsWith("end "))
    .map((link): Link => (active ? link : { ...link, kind: "off" }));
  const ends = [...new Set(links.map(({ to }) => to).filter((to) => to.startsWith("end ")))].map(endBox);
  return { boxes: [...boxes, ...ends], links, notes: notesOf(shown, gathered) };
}

/** From so many lines of rules on they stand close together. */
const MANY = 16;

interface Drawing {
  readonly box: Box;
  readonly links: readonly Link[];
}

function drawRun(run: Run, index: number, dense: boolean): Drawing {
  const box = { ...ruleBox(run, `rules ${index}`, dense), dense };
  const [first] = run.rules;
  const idle = first?.disabled === true || (first?.now.ipv4 ?? first?.now.ipv6) === undefined;
  const missing = first?.now.ipv4?.to === "not-applied" || first?.now.ipv6?.to === "not-applied";
  return { box, links: [{ from: box.id, to: run.node, kind: idle || missing ? "off" : "now" }] };
}

function everythingElse(dense: boolean): Drawing {
  const id = "rules else";
  const text = "everything else";
  return {
    box: {
      id,
      layer: 0,
      shape: "rules",
      dense,
      dashed: false,
      rows: [{ text, face: "text" }],
      title: "What no rule matches goes by the main table",
    },
    links: [{ from: id, to: "end main", kind: "now" }],
  };
}

function drawGroup(group: ShownGroup, runs: readonly Run[]): Drawing {
  const id = `group ${group.name}`;
  const own = rulesOf(runs, id);
  const count = sumOf(runs, id);
  const off = group.state === "disabled";
  const spread = group.mode === "balance" ? "balance, by weight" : "failover, by priority";
  const rows: Row[] = [{ mark: group.state, text: group.name, face: "head", right: spread }];
  const links: Link[] = [];
  for (const member of group.members) {
    const role = memberRole(group, member);
    const kind = role === "in use" ? "now" : role === "down" || role === "disabled" ? "off" : "standby";
    links.push({ from: id, row: rows.length, to: `uplink ${member.uplink}`, kind });
    const number = String(group.mode === "balance" ? member.weight : member.priority);
    rows.push({ mark: member.state, number, text: member.uplink, face: "text", right: role === "held" ? "held back" : role });
  }
  links.push({
    from: id,
    row: rows.length,
    to: `end ${group.ifDown}`,
    kind: off ? "off" : goesTo(own, group.ifDown) ? "now" : "standby",
  });
  rows.push({ text: tailWords(group.ifDown, own, "all fail"), face: "small" });
  if (count !== undefined) rows.push({ text: "", face: "small", ...countRight(count) });
  const title = [`Group ${group.name}: ${group.state}, ${spread}`, group.description ?? "", ...rows.slice(1).map(rowWords)];
  return { box: { id, layer: 1, shape: "group", dashed: group.state !== "up", rows, title: lines(title) }, links };
}

function drawUplink(uplink: ShownUplink, groups: readonly ShownGroup[], runs: readonly Run[]): Drawing[] {
  const id = `uplink ${uplink.name}`;
  const up = uplink.state === "up";
  const own = rulesOf(runs, id);
  const count = sumOf(runs, id);
  const held =
    up && groups.some(({ members }) => members.some((member) => member.uplink === uplink.name && member.state === "held"));
  const rows: Row[] = [
    {
      mark: held ? "held" : uplink.state,
      text: uplink.name,
      face: "head",
      right: `${held ? "up, held back" : uplink.state}${uplink.forced === undefined ? "" : " (forced)"}`,
    },
  ];
  const table = tableWords(uplink.table);
  const place = [uplink.interface, table === undefined ? undefined : `table ${table}`].filter((word) => word !== undefined);
  rows.push({ text: place.join(" \u00b7 "), face: "small", ...countRight(count) });
  if (uplink.why !== undefined) rows.push({ text: uplink.why, face: "small" });
  if (uplink.health !== undefined && up) rows.push({ text: `probes: ${healthWords(uplink)}`, face: "small" });
  const links: Link[] = [{ from: id, row: 0, to: `gateway ${uplink.name}`, kind: up ? "now" : "off" }];
  if (uplink.rules.length > 0) {
    links.push({ from: id, row: rows.length, to: `end ${uplink.ifDown}`, kind: goesTo(own, uplink.ifDown) ? "now" : "standby" });
  }
  rows.push(...takeovers(uplink, groups, own).map((text): Row => ({ text, face: "small" })));
  const title = [
    `Uplink ${uplink.name}: ${rows[0]?.right}`,
    uplink.description ?? "",
    ...rows.slice(1).map(rowWords),
    `mark ${uplink.mark?.value ?? "none"}`,
  ];
  const box: Box = { id, layer: 2, shape: "uplink", dashed: !up, rows, title: lines(title) };
  return [
    { box, links },
    { box: gatewayBox(uplink), links: [] },
  ];
}

function gatewayBox(uplink: ShownUplink): Box {
  const routes = [gatewayWords(uplink.ipv4, "ipv4"), gatewayWords(uplink.ipv6, "ipv6")];
  const known = [...new Set(routes.filter((words) => words !== undefined))];
  const texts = known.length === 0 ? ["no gateway"] : known;
  const why = known.length === 0 ? (uplink.ipv4.why ?? uplink.ipv6.why ?? "") : "";
  return {
    id: `gateway ${uplink.name}`,
    layer: 3,
    shape: "gateway",
    dashed: uplink.state !== "up",
    rows: texts.map((text) => ({ text, face: "text" })),
    title: lines([`Gateways of ${uplink.name}`, ...texts, why]),
  };
}

function endBox(id: string): Box {
  const [name, meaning] = endWords(id);
  return {
    id,
    layer: 3,
    shape: "end",
    dashed: false,
    rows: [
      { text: name, face: "head" },
      { text: meaning, face: "small" },
    ],
    title: `${name}: ${meaning}`,
  };
}

function countRight(count: number | undefined): Pick<Row, "right"> {
  return count === undefined ? {} : { right: `${countWords(count)} new` };
}

function rulesOf(runs: readonly Run[], node: string): ShownRule[] {
  return runs.filter((run) => run.node === node).flatMap(({ rules }) => rules);
}

/** First packets of all rules that name a target; what several boxes count together is counted once. */
function sumOf(runs: readonly Run[], node: string): number | undefined {
  const counted = runs.filter((run) => run.node === node && run.newConnections !== undefined);
  if (counted.length === 0) return undefined;
  const shared = new Map(counted.flatMap((run) => [...run.shared]));
  const own = counted.map((run) => (run.newConnections ?? 0) - [...run.shared.values()].reduce((sum, one) => sum + one, 0));
  return [...own, ...shared.values()].reduce((sum, one) => sum + one, 0);
}

function rowWords({ number, text, right }: Row): string {
  return [number, text, right === undefined ? undefined : `(${right})`].filter((word) => word !== undefined).join(" ");
}

function lines(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}

const NOTES = 3;

function notesOf({ warnings }: Shown, gathered: boolean): string[] {
  const more = warnings.length - NOTES;
  return [
    ...(gathered
      ? ['Rules with one target are drawn together, also where others stand between them; in order: "show policy-route rule"']
      : []),
    ...warnings.slice(0, NOTES),
    ...(more > 0 ? [`and ${more} more ${more === 1 ? "problem" : "problems"}: "show policy-route"`] : []),
  ];
}
