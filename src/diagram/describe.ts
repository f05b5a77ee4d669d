import type { Picture } from "./picture.ts";

const KIND = { now: "goes to", standby: "falls back to", off: "does not reach" } as const;

/** The picture in sentences, for who hears it read: every line, and every uplink with its state. */
export function describePicture({ boxes, links }: Picture): string {
  const names = new Map(
    boxes.map((box) => [box.id, box.shape === "rules" || box.shape === "end" ? box.title.split("\n")[0] : box.id]),
  );
  const states = boxes
    .filter(({ shape }) => shape === "uplink" || shape === "group")
    .map(({ id, rows }) => `${id} is ${rows[0]?.mark}.`);
  const lines = links.map(({ from, to, kind }) => `${names.get(from) ?? from} ${KIND[kind]} ${names.get(to) ?? to}.`);
  return [...states, ...lines].join(" ");
}
