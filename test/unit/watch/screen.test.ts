import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatScreen, type View } from "../../../src/watch/format-screen.ts";
import { paint } from "../../../src/watch/paint.ts";
import { shareRows } from "../../../src/watch/share-rows.ts";
import { stateLines } from "../../../src/watch/state-lines.ts";
import { pictures } from "../diagram/pictures.ts";
import { busyView } from "./view.ts";

/** A colour. */
const CODE = new RegExp(`${"\u001b"}\\[[\\d;]*m`, "g");

const text = (view: View, width: number, height: number): string[] =>
  formatScreen(view, width, height).map((line) => paint(line, false));

describe("the screen", () => {
  test("has uplinks with rates, groups, rules and events", () => {
    const screen = text(busyView(), 100, 30).join("\n");
    expect(screen).toMatch(/^policy-route watch {2,}11:42:10 {2}q: quit$/m);
    expect(screen).toMatch(/^fibre +eth1 +up +11\.2 MB +8,123 +935 kB +4,011 +198\.51\.100\.1 \(config\)/m);
    expect(screen).toMatch(/^dsl +pppoe0 +up +812 B +1\.4 +0 B +0 +point-to-point$/m);
    expect(screen).toMatch(/^lte +wwan0 +down +- +- +- +- +interface wwan0 has no carrier$/m);
    expect(screen).toMatch(/^web +failover +fibre +fibre, dsl \(held\), lte \(down\)$/m);
    expect(screen).toMatch(/^ +10 +tcp_udp dport 80,443 from .* +group web +fibre +96,662 +41$/m);
    expect(screen).toMatch(/^2026-11-20 11:40:02\.113 lte down: no carrier$/m);
  });

  test("leaves a column out before nothing of it can be read", () => {
    const heads = [64, 66, 68, 100].map((width) => text(busyView(), width, 30).find((line) => line.startsWith("Uplink ")) ?? "");
    for (const head of heads) expect(head).toMatch(/ (Packets|Gateway|Gate\.\.)$/);
    expect(heads.map((head) => head.includes("Gate"))).toEqual([false, false, false, true]);
  });

  test("docs/watch.md shows what it prints", () => {
    const doc = readFileSync(resolve(__dirname, "../../../docs/watch.md"), "utf8");
    expect(doc).toContain(`\`\`\`\n${text(busyView(), 95, 36).join("\n")}\n\`\`\`\n`);
  });

  test("fits every terminal, and says how much it leaves out", () => {
    const views = [...pictures().values()].map((shown): View => ({ ...busyView(), shown, notes: ["a note"] }));
    fc.assert(
      fc.property(
        fc.constantFrom(...views),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 80 }),
        (view, width, height) => {
          const lines = text(view, width, height);
          expect(lines.length).toBeLessThanOrEqual(height);
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
    const forty = pictures().get("forty rules") ?? expect.fail();
    const screen = text({ ...busyView(), shown: forty }, 80, 40).join("\n");
    expect(screen).toMatch(/^and \d+ more$/m);
    expect(screen).toContain("lte down: no carrier");
  });

  test("says nothing by colour alone, and no colour steers more than its words", () => {
    const painted = formatScreen(busyView(), 100, 30).map((line) => paint(line, true));
    const plain = painted.map((line) => line.replaceAll(CODE, "").trimEnd());
    expect(plain).toEqual(text(busyView(), 100, 30));
    expect(painted.join("\n")).toContain("\u001b[31mdown    \u001b[0m");
  });

  test("a description cannot write on the terminal", () => {
    const view = busyView();
    const [event] = view.events;
    const evil = { ...(event ?? expect.fail()), text: "\u001b]0;owned\u0007 x" };
    expect(text({ ...view, events: [evil] }, 100, 30).join("")).not.toContain("\u001b");
  });
});

test("lines are shared by importance, then evenly, and none is given away", () => {
  expect(
    shareRows(
      [
        { wanted: 9, least: 4 },
        { wanted: 3, least: 2 },
        { wanted: 1, least: 5 },
      ],
      10,
    ),
  ).toEqual([6, 3, 1]);
  expect(
    shareRows(
      [
        { wanted: 9, least: 4 },
        { wanted: 3, least: 2 },
      ],
      5,
    ),
  ).toEqual([4, 1]);
  expect(shareRows([{ wanted: 2, least: 4 }], 10)).toEqual([2]);
  expect(shareRows([{ wanted: 2, least: 4 }], -3)).toEqual([0]);
});

test("the first lines without a terminal say how things are", () => {
  expect(stateLines(pictures().get("everything") ?? expect.fail())).toEqual([
    "fibre is up: eth1, 198.51.100.1 (config), 2001:db8:51::1 (config)",
    "dsl is up: pppoe0, point-to-point",
    "lte is down: interface wwan0 has no carrier",
    "old is disabled: disabled in the configuration",
    "group web: fibre",
    "group bulk: dsl, fibre, IPv6: fibre",
  ]);
});
