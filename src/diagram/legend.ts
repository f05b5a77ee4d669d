import { plain } from "../show/plain.ts";
import type { LinkKind, Mark } from "./picture.ts";
import { drawSign, path, round, write } from "./shapes.ts";
import { cut, textWidth } from "./text-width.ts";

export const LEGEND_HEIGHT = 48;

const FACE = { size: 11 };

const SIGNS: readonly (readonly [Mark, string])[] = [
  ["up", "up"],
  ["held", "up, held back"],
  ["down", "down"],
  ["disabled", "disabled"],
];

const LINES: readonly (readonly [LinkKind, string])[] = [
  ["now", "packets go here now"],
  ["standby", "takes over when that fails"],
  ["off", "not in use"],
];

/** What the signs and lines mean, and below that where the picture is from. */
export function drawLegend(left: number, top: number, width: number, made: string): string {
  const y = top + 14;
  const drawn: string[] = [];
  let x = left;
  for (const [mark, text] of SIGNS) {
    drawn.push(drawSign(mark, round(x + 6), y), write(text, x + 17, y, FACE, "muted"));
    x += 17 + textWidth(text, FACE) + 18;
  }
  for (const [kind, text] of LINES) {
    drawn.push(path(`link ${kind} plain`, `M${round(x)} ${y}H${round(x + 34)}`), write(text, x + 41, y, FACE, "muted"));
    x += 41 + textWidth(text, FACE) + 18;
  }
  drawn.push(write("numbers: new connections", x, y, FACE, "muted"));
  return [...drawn, write(cut(plain(made), width, FACE), left, top + 38, FACE, "muted")].join("");
}
