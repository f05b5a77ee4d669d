import { expect, test } from "vitest";
import { renderSvg } from "../../src/diagram/render-svg.ts";
import { pictures } from "../unit/diagram/pictures.ts";
import { measure } from "./chromium.ts";

const MADE = "policy-route diagram, 2026-11-20 16:00:00 UTC";

test("Chromium draws every picture without a text on a text, a line through a text or anything off the sheet", () => {
  const drawn = new Map([...pictures()].map(([name, shown]) => [name, renderSvg(shown, MADE)]));
  const seed = drawn.get("one rule") ?? "";
  // What the page has to find, so that it is seen to look.
  drawn.set("moved text", seed.replace(/(<text [^>]*?)x="[\d.]+"/g, '$1x="30"').replace(/(<text [^>]*?)y="[\d.]+"/g, '$1y="30"'));
  drawn.set("moved line", seed.replace(/<path class="link now[^>]*>/, '<path class="link now" d="M10 405H1100"/>'));
  drawn.set("wide text", seed.replace(">dsl<", `>${"dsl ".repeat(40)}<`));
  drawn.set("damaged", seed.replace("</text>", ""));
  const { measured, console } = measure(drawn);
  expect(console).toEqual([]);
  for (const name of pictures().keys()) {
    expect(measured.get(name)?.problems, name).toEqual([]);
    expect(measured.get(name)?.texts, name).toContain(MADE);
  }
  expect(measured.get("one rule")?.texts).toEqual(
    expect.arrayContaining(["tcp dport 143,80,443,8000 from eth0-net", "48,211", "dsl", "198.51.100.1 (dhcp)"]),
  );
  expect(measured.get("moved text")?.problems.join()).toContain('" on "');
  expect(measured.get("moved line")?.problems.join()).toContain("a line runs through");
  expect(measured.get("wide text")?.problems.join()).toContain("crosses <rect");
  expect(measured.get("damaged")?.problems.join()).toContain("not well-formed");
});
