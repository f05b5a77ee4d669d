import { plain } from "../show/plain.ts";
import type { Box, Row } from "./picture.ts";
import { drawSign, write } from "./shapes.ts";
import { cut, type Face, textWidth } from "./text-width.ts";
import { escapeLines, tag } from "./xml.ts";

const FACES: Readonly<Record<Row["face"], Face & { readonly line: number }>> = {
  head: { size: 14, bold: true, line: 22 },
  text: { size: 12.5, line: 19 },
  small: { size: 11, line: 17 },
};

const PADDING = 6;
const DENSE = 1.5;
const SIDE = 10;
/** Room for a sign and for a number before the text. */
const SIGN = 18;
const NUMBER = 38;
/** Between a text and what stands at the right. */
const APART = 12;

export function boxHeight(box: Box): number {
  return 2 * padding(box) + box.rows.reduce((sum, { face }) => sum + FACES[face].line, 0);
}

function padding({ dense }: Box): number {
  return dense === true ? DENSE : PADDING;
}

/** Middle of a row, from the upper edge of the box. */
export function rowMiddle(box: Box, row: number): number {
  const above = box.rows.slice(0, row).reduce((sum, { face }) => sum + FACES[face].line, 0);
  return padding(box) + above + FACES[box.rows[row]?.face ?? "text"].line / 2;
}

/** A box with its rows, texts cut to fit; whoever points at it gets everything in full. */
export function drawBox(box: Box, x: number, y: number, width: number): string {
  const height = boxHeight(box);
  const rounded = box.shape === "end" ? height / 2 : box.shape === "gateway" ? 2 : 6;
  const frame = tag("rect", { class: box.dashed ? "box dashed" : "box", x, y, width, height, rx: rounded });
  const signs = box.rows.some(({ mark }) => mark !== undefined);
  const numbers = box.rows.some(({ number }) => number !== undefined);
  const rows = box.rows.map((row, i) => {
    const middle = y + rowMiddle(box, i);
    if (box.shape === "end") return centred(row, x + width / 2, middle, width - height);
    const left = x + SIDE + (signs ? SIGN : 0) + (numbers && row.number !== undefined ? NUMBER : 0);
    return drawRow(row, { x: x + SIDE, left, right: x + width - SIDE, middle });
  });
  return tag("g", {}, `${tag("title", {}, escapeLines(box.title))}${frame}${rows.join("")}`);
}

interface Span {
  readonly x: number;
  readonly left: number;
  readonly right: number;
  readonly middle: number;
}

function drawRow(row: Row, { x, left, right, middle }: Span): string {
  const face = FACES[row.face];
  const side = FACES.small;
  const said = row.right === undefined ? "" : cut(plain(row.right), (right - left) * 0.6, side);
  const taken = said === "" ? 0 : textWidth(said, side) + APART;
  const state = row.mark === undefined || row.face !== "head" ? "muted" : `word ${row.mark}`;
  const numberX = left - 8;
  return [
    row.mark === undefined ? "" : drawSign(row.mark, x + 6, middle),
    row.number === undefined || row.number === ""
      ? ""
      : write(cut(row.number, NUMBER - 6, side), numberX, middle, side, "ink b", "end"),
    write(cut(plain(row.text), right - left - taken, face), left, middle, face, row.face === "small" ? "muted" : "ink"),
    write(said, right, middle, side, state, "end"),
  ].join("");
}

function centred(row: Row, x: number, middle: number, width: number): string {
  const face = FACES[row.face];
  return write(cut(plain(row.text), width, face), x, middle, face, row.face === "head" ? "ink" : "muted", "middle");
}
