import type { Shown } from "../show/model.ts";
import { plain } from "../show/plain.ts";
import { stateLine } from "../show/words.ts";
import { describePicture } from "./describe.ts";
import { boxHeight, drawBox, rowMiddle } from "./draw-box.ts";
import { type Layout, layOut, type Measures } from "./layout.ts";
import { drawLegend, LEGEND_HEIGHT } from "./legend.ts";
import { makePicture } from "./make-picture.ts";
import type { Layer } from "./picture.ts";
import { path, round, write } from "./shapes.ts";
import { cut } from "./text-width.ts";
import { HUE_COUNT, styleSheet } from "./theme.ts";
import { escapeXml, tag } from "./xml.ts";

/** Width to height of a sheet of A4 that lies on its side. */
const A4 = 297 / 210;

/** Least widths of the columns; what is left over goes to rules and to the lines between the columns. */
const COLUMN: Readonly<Record<Layer, number>> = { 0: 380, 1: 250, 2: 300, 3: 250 };
const COLUMN_TITLE: Readonly<Record<Layer, string>> = { 0: "Rules", 1: "Groups", 2: "Uplinks", 3: "Gateways and ends" };
const CHANNEL = 80;
const MARGIN = 28;
const LINE = 20;

const TITLE = { size: 20, bold: true };
const TEXT = { size: 12.5 };
const HEAD = { size: 12, bold: true };

const MEASURES: Measures = {
  height: boxHeight,
  leaves: (box, row) => (row === undefined ? boxHeight(box) / 2 : rowMiddle(box, row)),
  arrives: (box) => (box.shape === "group" || box.shape === "uplink" ? rowMiddle(box, 0) : boxHeight(box) / 2),
  lane: 10,
  gap: { 0: 30, 1: 30, 2: 30, 3: 12 },
  least: { 0: 2, 1: 8, 2: 6, 3: 6 },
  room: 0,
};

/** A line that would rise or fall by less than this is drawn straight. */
const STRAIGHT = 4;

/** Length of an arrow's head. */
const TIP = 8;

/**
 * The picture as an SVG document: a sheet of A4 on its side, which grows with what is on it. No scripts, no fonts or pictures from
 * elsewhere; colours follow the reader's light or dark screen, on paper it is black.
 * @param made when and by whom, for the lower edge
 */
export function renderSvg(shown: Shown, made: string): string {
  const picture = makePicture(shown);
  const closest = layOut(picture.boxes, picture.links, MEASURES);
  const [state = "", ...more] = stateLine(shown).trimEnd().split("\n");
  const above = [...more, ...(shown.description === undefined ? [] : [shown.description])];
  const head = MARGIN + 30 + above.length * LINE + (closest.layers.length === 0 ? 0 : 34);
  const foot = LEGEND_HEIGHT + picture.notes.length * LINE + MARGIN + 12;
  const { layers } = closest;
  const least = layers.reduce<number>((sum, layer) => sum + COLUMN[layer], 0) + Math.max(0, layers.length - 1) * CHANNEL;
  const width = Math.ceil(Math.max(1040, least + 2 * MARGIN, (head + closest.height + foot) * A4));
  const height = Math.round(width / A4);
  const layout = layOut(picture.boxes, picture.links, { ...MEASURES, room: height - head - foot });
  const columns = placeColumns(layers, width);
  const y0 = head + (height - head - foot - layout.height) / 2;
  const wide = width - 2 * MARGIN;
  const body = [
    tag("rect", { class: "paper", x: 0, y: 0, width, height }),
    write(cut(plain(state), wide, TITLE), MARGIN, MARGIN + 8, TITLE, "ink"),
    ...above.map((text, i) => write(cut(plain(text), wide, TEXT), MARGIN, MARGIN + 34 + i * LINE, TEXT, "muted")),
    ...layers.map((layer) => write(COLUMN_TITLE[layer], columns[layer].x, y0 - 18, HEAD, "muted")),
    ...drawLinks(layout, columns, y0),
    ...[...layout.places.values()].map(({ box, layer, y }) =>
      box === undefined ? "" : drawBox(box, columns[layer].x, y0 + y, columns[layer].width),
    ),
    ...picture.notes.map((text, i) =>
      write(cut(plain(text), wide, TEXT), MARGIN, height - foot + 12 + (i + 0.5) * LINE, TEXT, "ink"),
    ),
    drawLegend(MARGIN, height - MARGIN - LEGEND_HEIGHT, wide, made),
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    class: "pr",
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-labelledby": "pr-title pr-desc",
  };
  const inside = [
    tag("title", { id: "pr-title" }, escapeXml(state)),
    tag("desc", { id: "pr-desc" }, escapeXml(describePicture(picture))),
    `<style>\n${styleSheet()}\n</style>`,
    ...body.filter((text) => text !== ""),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag("svg", attributes, `\n${inside.join("\n")}\n`)}\n`;
}

type Columns = Readonly<Record<Layer, { readonly x: number; readonly width: number }>>;

/** Half of what is left over widens the columns, half the channels. */
function placeColumns(layers: readonly Layer[], width: number): Columns {
  const least = layers.reduce<number>((sum, layer) => sum + COLUMN[layer], 0);
  const channels = Math.max(0, layers.length - 1);
  const spare = width - 2 * MARGIN - least - channels * CHANNEL;
  const columns: Record<Layer, { x: number; width: number }> = {
    0: { x: MARGIN, width: COLUMN[0] },
    1: { x: MARGIN, width: COLUMN[1] },
    2: { x: MARGIN, width: COLUMN[2] },
    3: { x: MARGIN, width: COLUMN[3] },
  };
  let x = MARGIN;
  for (const layer of layers) {
    const own = COLUMN[layer] + ((spare / 2) * COLUMN[layer]) / Math.max(1, least);
    columns[layer] = { x: round(x), width: round(own) };
    x += own + CHANNEL + spare / 2 / Math.max(1, channels);
  }
  return columns;
}

/** Lines lie under the boxes and never leave the channel between two columns, nor their lanes. */
function drawLinks(layout: Layout, columns: Columns, y0: number): string[] {
  const hues = hueOf(layout);
  const strongest = new Map<string, string>();
  const order = { off: 0, standby: 1, now: 2 };
  const drawn = [...layout.segments].sort((a, b) => order[a.kind] - order[b.kind]);
  const curves = drawn.map((segment) => {
    const [from, to] = [layout.places.get(segment.from), layout.places.get(segment.to)];
    if (from === undefined || to === undefined) return "";
    const hue = hues.get(segment.target);
    const style = `link ${segment.kind} ${hue === undefined ? "plain" : `h${hue}`}`;
    if (to.box === undefined) strongest.set(to.id, style);
    const x1 = columns[from.layer].x + columns[from.layer].width;
    const end = columns[to.layer].x;
    const x2 = to.box === undefined ? end : end - TIP;
    const y1 = round(y0 + from.y + segment.y1);
    const level = round(y0 + to.y + segment.y2);
    const y2 = to.box !== undefined && Math.abs(level - y1) < STRAIGHT ? y1 : level;
    const bend = round((x1 + x2) / 2);
    const curve = path(style, `M${round(x1)} ${y1}C${bend} ${y1} ${bend} ${y2} ${round(x2)} ${y2}`);
    if (to.box === undefined) return curve;
    const tip = `M${round(end - TIP)} ${round(y2 - 4)}L${round(end)} ${y2}L${round(end - TIP)} ${round(y2 + 4)}Z`;
    return curve + path(hue === undefined ? "tipplain" : `tip f${hue}`, tip);
  });
  const lanes = [...layout.places.values()].flatMap((place) => {
    const style = strongest.get(place.id);
    if (place.box !== undefined || style === undefined) return [];
    const { x, width } = columns[place.layer];
    const y = round(y0 + place.y + place.height / 2);
    return [path(style, `M${x} ${y}H${round(x + width)}`)];
  });
  return [...curves, ...lanes];
}

/** A colour for each group and uplink; its gateway has the same. Ends have none. */
function hueOf({ places }: Layout): Map<string, number> {
  const targets = [...places.values()].filter(({ box }) => box?.shape === "group" || box?.shape === "uplink");
  const hues = new Map<string, number>();
  targets.forEach(({ id }, i) => {
    hues.set(id, i % HUE_COUNT);
    hues.set(id.replace(/^uplink /, "gateway "), i % HUE_COUNT);
  });
  return hues;
}
