import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFields, formatTable, wrap } from "../../../src/show/columns.ts";

describe("wrap", () => {
  it("keeps every word and comma, in order", () => {
    const words = fc.array(fc.constantFrom("a", "bb,cc", "dport", "10.0.0.0/8,", "x".repeat(30)), { maxLength: 20 });
    fc.assert(
      fc.property(words, fc.integer({ min: 5, max: 40 }), (list, width) => {
        const text = list.join(" ");
        const lines = wrap(text, width);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
        for (const line of lines) if (/[ ,]./.test(line)) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  it("breaks behind commas, not in front of them", () => {
    expect(wrap("dport 80,443,8000 from eth0-net", 14)).toEqual(["dport 80,443,", "8000 from", "eth0-net"]);
    expect(wrap("", 10)).toEqual([""]);
  });
});

describe("tables", () => {
  it("align, right where asked, and leave no blanks at the end", () => {
    const columns = [{ title: "A" }, { title: "Text", flexible: true }, { title: "N", align: "right" as const }];
    const rows = [
      ["x", "short", "1"],
      ["yy", `${"word ".repeat(20)}end`, "1,000"],
    ];
    const lines = formatTable(columns, rows).split("\n");
    expect(lines[0]).toMatch(/^A {3}Text +N$/);
    expect(lines[1]).toMatch(/^x {3}short +1$/);
    for (const line of lines) {
      expect(line).toBe(line.trimEnd());
      expect(line.length).toBeLessThanOrEqual(80);
    }
    expect(lines.filter((line) => line.includes("word")).length).toBe(2);
  });

  it("leave out what is spare before they are wider than the terminal", () => {
    const columns = [
      { title: "A" },
      { title: "Gateway", flexible: true },
      { title: "Table" },
      { title: "Mark", spare: true },
      { title: "Health" },
    ];
    const row = ["x".repeat(31), "198.51.100.1 (dhcp)", "510sg (20)", "0x01400000", "1/1 ok"];
    for (const width of [85, 84, 83, 82, 81, 80]) {
      const lines = formatTable(columns, [row], width).trimEnd().split("\n");
      expect(lines[0]?.includes("Mark")).toBe(width >= 83);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  it("are no wider than their broken lines", () => {
    const columns = [{ title: "Text", flexible: true }, { title: "N" }];
    expect(formatTable(columns, [["aaaaaaaaaaaaaaaa bbbbbbbb", "1"]], 25)).toBe(
      "Text              N\naaaaaaaaaaaaaaaa  1\nbbbbbbbb\n",
    );
  });

  it("give fields without a value no line", () => {
    expect(
      formatFields([
        ["A", "1"],
        ["Long", undefined],
        ["Bcd", "2\n3"],
      ]),
    ).toBe("  A    1\n  Bcd  2\n       3\n");
  });
});
