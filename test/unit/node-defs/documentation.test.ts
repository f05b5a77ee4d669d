import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NAMED_PATTERNS } from "../../../src/node-defs/named-patterns.ts";
import { EXEC_VALIDATORS } from "../../../src/node-defs/syntax-expression.ts";
import { compileTemplates } from "../../../src/node-defs/templates.ts";
import { sources, top } from "./definitions.ts";

const text = readFileSync(join(top, "docs/node-definitions.md"), "utf8");

test("the example compiles to what the document shows", () => {
  const xml = /```xml\n(.*?)```/s.exec(text)?.[1] ?? "";
  const shown = [...text.matchAll(/^`(config\/[^`]+)`\n\n```text\n(.*?)```/gms)].map(([, path, file]) => [path, file]);
  expect([...compileTemplates([{ file: "demo.xml", xml }])].sort()).toEqual(shown.sort());
});

test("the document names every validator and every file", () => {
  for (const name of [...NAMED_PATTERNS.keys(), "numeric", ...EXEC_VALIDATORS])
    expect(text).toMatch(new RegExp(`validator.*\\b${name}\\b`));
  for (const { file } of sources) expect(text).toContain(file.startsWith("op-") ? "`op-*.xml`" : `\`${file}\``);
});
