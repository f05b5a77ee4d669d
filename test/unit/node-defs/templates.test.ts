import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigNode } from "../../../src/node-defs/definition.ts";
import { readConfig } from "../../../src/node-defs/read-config.ts";
import { EXEC_VALIDATORS, syntaxExpression } from "../../../src/node-defs/syntax-expression.ts";
import { compileTemplates } from "../../../src/node-defs/templates.ts";
import { configSources, filesBelow, patternOf, sources, top } from "./definitions.ts";

const files = compileTemplates(sources);

test("the committed templates are those of node-defs: run npm run templates", () => {
  const folder = join(top, "templates");
  expect(filesBelow(folder)).toEqual([...files.keys()].sort());
  for (const [path, text] of files) expect(readFileSync(join(folder, path), "utf8"), path).toBe(text);
});

test("one priority and one end, both on the top node", () => {
  const having = (field: string) => [...files].filter(([, text]) => text.includes(`\n${field}:`)).map(([path]) => path);
  expect(having("priority")).toEqual(["config/policy-route/node.def"]);
  expect(having("end")).toEqual(["config/policy-route/node.def"]);
  expect(files.get("config/policy-route/node.def")).toContain("\npriority: 910\n");
  expect(files.get("config/policy-route/node.def")).toContain("\nend: /usr/lib/policy-route/libexec/commit\n");
});

test("no file of another package is shipped", () => {
  const shipped = [...files.keys()].map((path) =>
    path
      .split("/")
      .slice(0, path.startsWith("op/") ? 3 : 2)
      .join("/"),
  );
  expect([...new Set(shipped)]).toEqual([
    "config/policy-route",
    "op/clear/policy-route",
    "op/force/policy-route",
    "op/generate/policy-route",
    "op/import/policy-route",
    "op/monitor/policy-route",
    "op/reset/policy-route",
    "op/restart/policy-route",
    "op/show/policy-route",
    "op/test/policy-route",
  ]);
});

test("only forms every generation of the engine knows, tag and multi first", () => {
  const STRING = '"(\\\\["\\\\]|[^"\\\\])*"';
  const forms = [
    /^# Generated from node-defs\/[a-z-]+\.xml by "npm run templates"\. Do not edit\.$/,
    /^(tag|multi):$/,
    /^type: txt$/,
    /^priority: 910$/,
    new RegExp(`^default: ${STRING}$`),
    /^(help|allowed|run|end): \S.*$/,
    /^val_help: [^;]+; [^;]+$/,
    new RegExp(`^syntax:expression: pattern \\$VAR\\(@\\) ${STRING} ; ${STRING}$`),
    new RegExp(
      `^syntax:expression: pattern \\$VAR\\(@\\) ${STRING} \\|\\| exec "/usr/lib/policy-route/libexec/validate-port '\\$VAR\\(@\\)'"$`,
    ),
    /^syntax:expression: exec "\/usr\/lib\/policy-route\/libexec\/validate-[a-z]+( [a-z]+)? '\$VAR\(@\)'"$/,
  ];
  for (const [path, text] of files) {
    const lines = text.split("\n").slice(0, -1);
    for (const line of lines)
      expect(
        forms.filter((form) => form.test(line)),
        `${path}: ${line}`,
      ).toHaveLength(1);
    expect(
      lines.findIndex((line) => /^(tag|multi):/.test(line)),
      path,
    ).toBeLessThan(2);
    const help = lines.find((line) => line.startsWith("help: ")) ?? "";
    expect(help.length, path).toBeLessThan(100);
  }
});

test("each exec validator is there, can be run, and is used", () => {
  const used = new Set(
    [...files.values()].flatMap((text) => [...text.matchAll(/libexec\/validate-([a-z]+)/g)].map(([, name]) => name)),
  );
  expect([...used].sort()).toEqual([...EXEC_VALIDATORS].sort());
  const there = readdirSync(join(top, "libexec")).filter((name) => name.startsWith("validate-"));
  expect(there.sort()).toEqual([...EXEC_VALIDATORS].map((name) => `validate-${name}`).sort());
  for (const name of there) expect(statSync(join(top, "libexec", name)).mode & 0o111, name).toBe(0o111);
});

function everyNode(nodes: readonly ConfigNode[], above = ""): { path: string; node: ConfigNode }[] {
  return nodes.flatMap((node) => [{ path: `${above}${node.name}`, node }, ...everyNode(node.children, `${above}${node.name} `)]);
}

test("defaults, offered words and literal value helps satisfy the node's own constraint", () => {
  let checked = 0;
  for (const { path, node } of everyNode(readConfig(configSources))) {
    const pattern = patternOf(syntaxExpression(node, (problem) => expect.fail(`${path}: ${problem}`)) ?? "");
    if (pattern === undefined) continue;
    const lists = node.completion.filter(({ kind }) => kind === "list").flatMap(({ text }) => text.split(" "));
    for (const word of [...lists, ...(node.defaultValue === undefined ? [] : [node.defaultValue])]) {
      expect(word, path).toMatch(new RegExp(pattern));
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(100);
});

test("op mode hands words on in double quotes, as arguments of one program, each from its place", () => {
  for (const [path, text] of files) {
    const run = /^run: (.*)$/m.exec(text)?.[1];
    if (run === undefined || !path.startsWith("op/")) continue;
    // The engine hands on nine words one by one, or all of them together.
    if (path.includes("/explain/") && run.endsWith('op-mode explain "$@"')) continue;
    expect(run, path).toMatch(/^\/usr\/lib\/policy-route\/libexec\/op-mode( [a-z-]+| "\$\d"| "\$\{\d\d\}")+$/);
    const places = [...run.matchAll(/"\$\{?(\d+)\}?"/g)].map(([, place]) => Number(place));
    const tags = path.split("/").flatMap((part, i) => (part === "node.tag" ? [i] : []));
    expect(places, path).toEqual(tags);
  }
  expect(existsSync(join(top, "templates/op/show/node.def"))).toBe(false);
});
