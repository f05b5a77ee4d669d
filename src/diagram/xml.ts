import { plain } from "../show/plain.ts";

/** Text between tags or in an attribute. */
export function escapeXml(text: string): string {
  return plain(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Several lines of text, as a tooltip shows them. */
export function escapeLines(text: string): string {
  return text.split("\n").map(escapeXml).join("\n");
}

/** `<name a="1">`, with numbers rounded to a tenth; attributes that are `undefined` are left out. */
export function tag(name: string, attributes: Readonly<Record<string, string | number | undefined>>, inside?: string): string {
  const words = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? Math.round(value * 10) / 10 : escapeXml(value ?? "")}"`);
  return `<${name}${words.join("")}${inside === undefined ? "/>" : `>${inside}</${name}>`}`;
}
