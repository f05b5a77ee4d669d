import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Source } from "../../../src/node-defs/definition.ts";

export const top = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** The definitions of this project, as tools/templates.mjs reads them. */
export const sources: readonly Source[] = readdirSync(join(top, "node-defs"))
  .filter((file) => file.endsWith(".xml"))
  .sort()
  .map((file) => ({ file, xml: readFileSync(join(top, "node-defs", file), "utf8") }));

export const configSources = sources.filter(({ file }) => !file.startsWith("op-"));

/** Every file below a folder, as paths relative to it, sorted. */
export function filesBelow(folder: string, prefix = ""): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(folder, path) : [path];
    })
    .sort();
}

/** The string after `pattern $VAR(@)` of a syntax:expression line, unescaped as the engine's lexer does it. */
export function patternOf(line: string): string | undefined {
  const quoted = /pattern \$VAR\(@\) "((?:\\.|[^"\\])*)"/.exec(line)?.[1];
  return quoted?.replace(/\\(.)/g, "$1");
}
