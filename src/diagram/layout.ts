import type { Box, Layer, Link, LinkKind } from "./picture.ts";
import { type Settler, settle } from "./settle.ts";

/** Anything that has a place in a column: a box, or the lane on which a line passes a column it has nothing to do with. */
export interface Place {
  readonly id: string;
  readonly layer: Layer;
  /** Absent for a lane. */
  readonly box?: Box;
  readonly height: number;
  /** Upper edge, from the top of the drawing. */
  readonly y: number;
}

/** A line between neighbouring columns. `y1`, `y2`: where it leaves and arrives, from the upper edges of its places. */
export interface Segment {
  readonly from: string;
  readonly y1: number;
  readonly to: string;
  readonly y2: number;
  readonly kind: LinkKind;
  /** Where it leads in the end, which gives it its colour. */
  readonly target: string;
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  readonly segments: readonly Segment[];
  /** Columns that are there. */
  readonly layers: readonly Layer[];
  readonly height: number;
}

/** How tall boxes and rows are: the drawing knows. */
export interface Measures {
  readonly height: (box: Box) => number;
  /** Where a line leaves from a row, or from none in particular, and where one arrives; from the upper edge of the box. */
  readonly leaves: (box: Box, row: number | undefined) => number;
  readonly arrives: (box: Box) => number;
  readonly lane: number;
  /** Between two places of a column: as much as this, and where there are many not less than that. */
  readonly gap: Readonly<Record<Layer, number>>;
  readonly least: Readonly<Record<Layer, number>>;
  /** Height there is, if more than is needed. */
  readonly room: number;
}

/** Pulls: lines in use lead the eye, so they shall be the straight ones. */
const PULL: Readonly<Record<LinkKind, number>> = { now: 6, standby: 2, off: 1 };
/** An uplink and its gateways belong side by side. */
const BESIDE = 200;

/** The more often, the calmer; after four nothing moves that would be seen. */
const SWEEPS = 4;

/** Gives everything its place: columns from left to right, in each an order with few crossings and heights with short lines. */
export function layOut(boxes: readonly Box[], links: readonly Link[], measures: Measures): Layout {
  const layers = ([0, 1, 2, 3] as const).filter((layer) => boxes.some((box) => box.layer === layer));
  const { items, segments } = withLanes(boxes, links, layers, measures);
  const columns = order(items, segments, layers);
  const content = (column: readonly Item[]): number => column.reduce((sum, item) => sum + item.height, 0);
  const layerOf = (column: readonly Item[]): Layer => column[0]?.layer ?? 0;
  const stack = (gaps: Readonly<Record<Layer, number>>): number =>
    Math.max(0, ...columns.map((column) => content(column) + Math.max(0, column.length - 1) * gaps[layerOf(column)]));
  const height = Math.max(stack(measures.least), Math.min(measures.room, stack(measures.gap)));
  const gapOf = (column: readonly Item[]): number =>
    Math.min(measures.gap[layerOf(column)], (height - content(column)) / Math.max(1, column.length - 1));
  const top = new Map<string, number>();
  for (const column of columns) {
    const loose = (height - content(column)) / Math.max(1, column.length);
    let y = loose / 2;
    for (const item of column) {
      top.set(item.id, y);
      y += item.height + loose;
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of [...columns, ...[...columns].reverse()]) {
      const settlers = column.map((item) => ({ size: item.height, ...wish(item, segments, top) }));
      settle(settlers, gapOf(column), height).forEach((y, i) => {
        top.set(column[i]?.id ?? "", y);
      });
    }
  }
  const places = new Map(columns.flat().map((item) => [item.id, { ...item, y: top.get(item.id) ?? 0 }]));
  return { places, segments, layers, height };
}

type Item = Omit<Place, "y">;

/** Lines that pass a column get a lane there; all that lead to one target share it. */
function withLanes(
  boxes: readonly Box[],
  links: readonly Link[],
  layers: readonly Layer[],
  measures: Measures,
): { readonly items: readonly Item[]; readonly segments: readonly Segment[] } {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const items = new Map<string, Item>(
    boxes.map((box) => [box.id, { id: box.id, layer: box.layer, box, height: measures.height(box) }]),
  );
  const segments = new Map<string, Segment>();
  const add = (segment: Segment): void => {
    const key = `${segment.from}\n${segment.y1}\n${segment.to}`;
    const there = segments.get(key);
    if (there === undefined || PULL[there.kind] < PULL[segment.kind]) segments.set(key, segment);
  };
  for (const link of links) {
    const [from, to] = [byId.get(link.from), byId.get(link.to)];
    if (from === undefined || to === undefined) continue;
    let at = { id: from.id, y: measures.leaves(from, link.row) };
    for (const layer of layers.filter((one) => one > from.layer && one < to.layer)) {
      const id = `lane ${layer} ${to.id}`;
      items.set(id, { id, layer, height: measures.lane });
      add({ from: at.id, y1: at.y, to: id, y2: measures.lane / 2, kind: link.kind, target: to.id });
      at = { id, y: measures.lane / 2 };
    }
    add({ from: at.id, y1: at.y, to: to.id, y2: measures.arrives(to), kind: link.kind, target: to.id });
  }
  return { items: [...items.values()], segments: [...segments.values()] };
}

/** Rules keep their order; each further column is ordered by where its lines come from, ends of no uplink below all else. */
function order(items: readonly Item[], segments: readonly Segment[], layers: readonly Layer[]): Item[][] {
  const index = new Map<string, number>();
  return layers.map((layer, column) => {
    const own = items.filter((item) => item.layer === layer);
    const sorted =
      column === 0
        ? own
        : own
            .map((item, i) => ({ item, ...rank(item, i, own.length) }))
            .sort(byRank)
            .map(({ item }) => item);
    sorted.forEach((item, i) => {
      index.set(item.id, (i + 0.5) / sorted.length);
    });
    return sorted;
  });

  function rank(item: Item, position: number, count: number): { readonly low: boolean; readonly mean: number } {
    const incoming = segments.filter(({ to }) => to === item.id);
    const pull = incoming.reduce((sum, { kind }) => sum + PULL[kind], 0);
    const sum = incoming.reduce((total, { from, kind }) => total + (index.get(from) ?? 0) * PULL[kind], 0);
    return { low: /^(?:lane \d )?end /.test(item.id), mean: pull === 0 ? (position + 0.5) / count : sum / pull };
  }
}

function byRank(a: { low: boolean; mean: number }, b: { low: boolean; mean: number }): number {
  return Number(a.low) - Number(b.low) || a.mean - b.mean;
}

/** The upper edge an item would like: where its lines would be level. */
function wish(item: Item, segments: readonly Segment[], top: ReadonlyMap<string, number>): Pick<Settler, "wish" | "pull"> {
  let sum = 0;
  let pull = 0;
  for (const { from, y1, to, y2, kind } of segments) {
    if (from !== item.id && to !== item.id) continue;
    const other = from === item.id ? (top.get(to) ?? 0) + y2 - y1 : (top.get(from) ?? 0) + y1 - y2;
    const weight = to.startsWith("gateway ") ? BESIDE : PULL[kind];
    sum += other * weight;
    pull += weight;
  }
  return pull === 0 ? { wish: top.get(item.id) ?? 0, pull: 0.1 } : { wish: sum / pull, pull };
}
