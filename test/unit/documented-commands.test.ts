import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EMPTY_TREE } from "../../src/config/config-tree.ts";
import { formatIssue } from "../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../src/config/lookups.ts";
import { parseConfigTree } from "../../src/config/parse-config.ts";
import { parseSetCommands } from "../../src/config/parse-set-commands.ts";
import { realHost } from "../../src/host/real-host.ts";
import { loadOpTemplates } from "../../src/session/load-templates.ts";
import { findOpPath } from "../../src/session/op-command.ts";
import { top } from "./node-defs/definitions.ts";
import { helpOf } from "./node-defs/told.ts";

/**
 * What test/lab/docs.test.ts does not run: commands that stand in the text, in blocks without output, and in tables. Each has to be
 * one that the program takes. Other tests run some of them besides (docs/install.md: test/deb/install.test.ts).
 */
const PAGES = [
  "README.md",
  ...readdirSync(join(top, "docs")).flatMap((name) =>
    name.endsWith(".md") && name !== "node-definitions.md" ? [`docs/${name}`] : [],
  ),
  ...readdirSync(join(top, "examples")).map((name) => `examples/${name}/README.md`),
];

const read = (page: string): string => readFileSync(join(top, page), "utf8");

/** Code in the text, and lines of blocks. */
function code(page: string): string[] {
  const text = read(page);
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) => block.split("\n"));
  const indented = [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = ""]) => line);
  const spans = [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  return [...blocks, ...indented, ...spans].map((line) => line.trim().replace(/^[$>] /, ""));
}

/** Lines as they would be typed: `a · b` below one rule are two, `...` and a remark at the end are none. */
function setLines(line: string): string[] {
  const [first = "", ...more] = line
    .replace(/\s*\.\.\.$/, "")
    .replace(/\s+#.*$/, "")
    .split(" · ");
  const above = first.split(" ").slice(0, 4).join(" ");
  return [first, ...more.map((rest) => `${above} ${rest}`)];
}

/** What the language says of lines; what only the whole configuration can be wrong in is not asked. */
function problems(lines: readonly string[]): string[] {
  const tree = parseSetCommands(lines.join("\n")).children.get("policy-route") ?? EMPTY_TREE;
  return parseConfigTree(tree, BUILT_IN_LOOKUPS).issues.map(formatIssue);
}

/** Left out on purpose: what a page shows because it is wrong. */
const WRONG = ["source interface-network eht0", "set uplink dls"];

test.each(PAGES)("every set command of %s is one", (page) => {
  const lines = code(page)
    .filter((line) => line.startsWith("set policy-route ") && !/[A-Z]{3,}|\||</.test(line))
    .filter((line) => !WRONG.some((wrong) => line.endsWith(wrong)));
  // Single lines may be half of something: what misses another is no mistake of theirs.
  const found = lines.flatMap((line) => problems(setLines(line)));
  expect(found.filter((problem) => !/must be set|needs (protocol|icmp|a value|type)/.test(problem))).toEqual([]);
});

test("the recipes of the guide are rules that do something", () => {
  const rows = read("docs/guide.md").match(/^\| .* \| `(rule|group) .*$/gm) ?? [];
  expect(rows.length).toBeGreaterThan(5);
  for (const row of rows) {
    const lines = [...row.matchAll(/`((?:rule|group|uplink) [^`]+)`/g)].map(([, line = ""]) => `set policy-route ${line}`);
    expect(lines.length).toBeGreaterThan(1);
    expect(problems(lines), row).toEqual([]);
  }
});

const VERBS = ["show", "monitor", "import", "clear", "reset", "restart", "force", "test", "generate"];

test.each(PAGES)("every operational command of %s is one", async (page) => {
  const templates = await loadOpTemplates(realHost({}), join(top, "libexec/.."));
  const typed = code(page).filter((line) => VERBS.some((verb) => line.startsWith(`${verb} policy-route`)));
  const wrong = typed.flatMap(variants).filter((line) => findOpPath(templates, line.split(" ")).kind !== "found");
  expect(wrong).toEqual([]);
});

test.each(PAGES)("every policy-route command of %s is one, with options that it has", async (page) => {
  const lines = code(page).flatMap(
    (line) => /^(?:sudo )?policy-route ([a-z-]+)( [^|&;>]*)?/.exec(line)?.slice(1, 3).join("") ?? [],
  );
  const known = (await helpOf(["--help"])).split("Commands:\n")[1] ?? "";
  for (const line of new Set(lines)) {
    const [command = "", ...words] = line.split(" ");
    // A path of the configuration, as messages begin.
    if (["uplink", "rule", "group", "exempt", "backend"].includes(command)) continue;
    expect(known, line).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    const help = await helpOf([command, "--help"]);
    for (const option of words.filter((word) => word.startsWith("--"))) expect(help, line).toContain(option);
  }
});

/** `force policy-route uplink NAME up|down|auto`: one line for each of the words, without what may be left out or goes on. */
function variants(line: string): string[] {
  const words = line
    .replace(/\s+#.*$/, "")
    .replace(/ ?\[[^\]]*\]/g, "")
    .replace(/( \.\.\.)+$/, "")
    .split(" ");
  return words.reduce<string[]>((lines, word) => lines.flatMap((one) => word.split("|").map((w) => `${one} ${w}`.trim())), [""]);
}
