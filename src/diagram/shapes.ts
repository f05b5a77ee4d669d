import type { Mark } from "./picture.ts";
import type { Face } from "./text-width.ts";
import { escapeXml, tag } from "./xml.ts";

/** Text whose middle of small letters is at `middle`. */
export function write(text: string, x: number, middle: number, face: Face, colour: string, anchor?: "middle" | "end"): string {
  if (text === "") return "";
  const attributes = {
    class: face.bold === true ? `${colour} b` : colour,
    x,
    y: middle + face.size * 0.35,
    "font-size": face.size,
    "text-anchor": anchor,
  };
  return tag("text", attributes, escapeXml(text));
}

/** A full disc is up, a half one held back, a ring with a cross down, a dashed ring disabled. */
export function drawSign(mark: Mark, x: number, y: number): string {
  const r = 5;
  const ring = tag("circle", {
    class: `sign ${mark}${mark === "up" ? " full" : ""}`,
    cx: x,
    cy: y,
    r,
    fill: "none",
    "stroke-dasharray": mark === "disabled" ? "2 2" : undefined,
  });
  if (mark === "held")
    return `${ring}${path(`sign full ${mark}`, `M${x} ${round(y - r)}A${r} ${r} 0 0 0 ${x} ${round(y + r)}Z`)}`;
  if (mark !== "down") return ring;
  const d = 2.2;
  return `${ring}${path(`sign ${mark}`, `M${round(x - d)} ${round(y - d)}L${round(x + d)} ${round(y + d)}M${round(x - d)} ${round(y + d)}L${round(x + d)} ${round(y - d)}`)}`;
}

export function path(classes: string, d: string): string {
  return tag("path", { class: classes, d });
}

export function round(number: number): number {
  return Math.round(number * 10) / 10;
}
