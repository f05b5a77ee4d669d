import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { foldRules } from "../../../src/diagram/fold-rules.ts";
import { renderSvg } from "../../../src/diagram/render-svg.ts";
import { renderText } from "../../../src/diagram/render-text.ts";
import { cut, textWidth } from "../../../src/diagram/text-width.ts";
import { escapeXml } from "../../../src/diagram/xml.ts";
import type { Shown } from "../../../src/show/model.ts";
import { plain } from "../../../src/show/plain.ts";
import { pictures } from "./pictures.ts";

const all = pictures();
const picture = (name: string): Shown => all.get(name) ?? expect.fail(name);
const doc = (name: string): string => readFileSync(resolve(__dirname, "../../../docs", name), "utf8");

describe("text", () => {
  test("of one rule", () => {
    expect(`\n${renderText(picture("one rule"), true)}`).toBe(`
Policy routing: active, in sync, backend iptables (nft front end)

  10  tcp dport 143,80,443,8000 from eth0-net                             48,211
  └━━► uplink dsl: up
      ├━━► eth1 via 198.51.100.1 (dhcp)
      └╌╌► if it fails: prohibit (refused)

everything else
  └━━► main table

━━► packets go here now   ╌╌► takes over when that fails   × not in use
`);
  });

  test("says where packets of a line that is down go", () => {
    const text = renderText(picture("down"), false);
    expect(text).toContain("  `==> uplink dsl: down, interface eth1 has no carrier\n      | x  eth1 via 198.51.100.1 (dhcp)\n");
    expect(text).toContain("      `==> now: prohibit (refused)\n");
    expect(renderText(picture("disabled"), false)).toContain("  ` x  uplink dsl: up\n");
    expect(renderText(picture("not configured"), false)).toBe("Policy routing is not configured\n");
  });

  test.each([...all.keys()])("%s fits a terminal, in ASCII too, without anything that steers it", (name) => {
    for (const unicode of [true, false]) {
      const text = renderText(picture(name), unicode);
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
      expect(/[\p{Cc}\u202a-\u202e]/u.test(text.replaceAll("\n", ""))).toBe(false);
      if (!unicode) expect(text).toMatch(/^[\n -~]*$/);
    }
  });

  test("every uplink and group is in it, with its state and what follows", () => {
    const text = renderText(picture("everything"), true);
    for (const words of [
      /^ {6}├━━► {2}10 fibre {2}in use/m,
      /20 dsl {4}next, held/,
      /× {3}30 lte {4}down/,
      /└╌╌► if all fail: prohibit/,
    ])
      expect(text).toMatch(words);
    expect(text).toContain("uplink old: disabled (no rule leads here)\n");
    expect(text).toContain("└━━► now: blackhole (dropped)\n");
  });

  test("docs/diagram.md shows what it prints", () => {
    expect(doc("diagram.md")).toContain(
      `\`\`\`\n$ show policy-route diagram\n${renderText(picture("everything"), true)}\`\`\`\n`,
    );
  });
});

describe("SVG", () => {
  test("docs/diagram.svg is what it draws: npm run pictures", () => {
    expect(doc("diagram.svg")).toBe(renderSvg(picture("everything"), "policy-route diagram, 2026-11-20 16:00:00 UTC"));
  });

  test("no text of the configuration gets out of its place", () => {
    const svg = renderSvg(picture("nasty"), '<made> & "so"');
    expect(svg).not.toMatch(/<script|<b>|<made>|\u202e/);
    expect(svg).toContain("&#60;script&#62;alert(1)&#60;/script&#62; &#38;");
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    // Cut names are there in full for who points at them.
    expect(svg).toContain(`Uplink ${"W".repeat(60)}: up`);
  });

  test("says in words what the lines say", () => {
    const svg = renderSvg(picture("one rule"), "");
    expect(svg).toContain("uplink dsl is up. ");
    expect(svg).toContain("uplink dsl falls back to prohibit: packets are refused.");
  });

  test("forty rules and twelve uplinks are still read on A4", () => {
    const [width = 0] =
      /viewBox="0 0 (\d+)/
        .exec(renderSvg(picture("forty rules"), ""))
        ?.slice(1)
        .map(Number) ?? [];
    // Rules are 12.5 units high on a sheet of 297 mm; a point is 0.3528 mm.
    expect((12.5 * 297) / width / 0.3528).toBeGreaterThan(6);
  });
});

describe("rules are folded", () => {
  const rules = (count: number, targets: number) =>
    Array.from({ length: count }, (_, i) => ({
      number: String(i + 1),
      disabled: false,
      traffic: "forwarded",
      matches: [],
      action: "set" as const,
      target: `uplink u${i % targets}`,
      log: false,
      now: {},
      newConnections: 2,
    }));

  test("neighbours with one target, and no rule gets lost", () => {
    expect(foldRules(rules(40, 1))).toMatchObject({ gathered: false, runs: [{ lines: 40, newConnections: 80 }] });
    expect(foldRules(rules(40, 2)).runs).toHaveLength(40);
    expect(foldRules(rules(500, 1)).runs).toMatchObject([{ lines: 3, newConnections: 1000 }]);
    const many = foldRules(rules(500, 7));
    expect(many.gathered).toBe(true);
    expect(many.runs.map((run) => run.rules.length)).toEqual([72, 72, 72, 71, 71, 71, 71]);
  });

  test("what is counted together is counted once", () => {
    const shared = rules(3, 1).map(({ newConnections: _, ...rule }) => ({
      ...rule,
      countedWith: [{ rules: "1-3", newConnections: 9 }],
    }));
    expect(foldRules(shared).runs).toMatchObject([{ newConnections: 9 }]);
  });
});

test("text is measured, and cut where it has no room", () => {
  expect(textWidth("iiii", { size: 10 })).toBeLessThan(textWidth("WWWW", { size: 10 }) / 3);
  expect(textWidth("W", { size: 10, bold: true })).toBeGreaterThan(textWidth("W", { size: 10 }));
  expect(cut("a long name", 40, { size: 10 })).toBe("a lon\u2026");
  expect(cut("a long name", 400, { size: 10 })).toBe("a long name");
  expect(cut("W", 3, { size: 10 })).toBe("");
});

test("characters that steer are replaced", () => {
  expect(plain("a\tb\u001b[31m\u202ec\ud800\u0000")).toBe("a b\ufffd[31m\ufffdc\ufffd\ufffd");
  expect(escapeXml('<a href="x">&\'')).toBe("&#60;a href=&#34;x&#34;&#62;&#38;&#39;");
});
