import { EMPTY_TREE } from "../config/config-tree.ts";
import type { Lookups } from "../config/lookups.ts";
import { parseConfigTree } from "../config/parse-config.ts";
import { parseCurly } from "../config/parse-curly.ts";
import { parseSetCommands } from "../config/parse-set-commands.ts";
import { type Findings, type KnownLink, leave, noFindings } from "./findings.ts";
import type { Imported } from "./imported.ts";
import { meaningOf } from "./meaning.ts";
import { readRouter } from "./read-router.ts";
import { readSetLines } from "./read-set-lines.ts";
import { readText } from "./read-text.ts";
import { ruleNumbers, writeCommands, writeRemarks } from "./write-commands.ts";

/** A section of config.boot. */
const CURLY = /^(?:interfaces|policy|protocols|firewall|load-balancing|system) \{\s*$/m;

/** A text to import, and what to call it. */
export interface ImportText {
  readonly name: string;
  readonly text: string;
}

export interface ImportResult {
  /** `set policy-route ...` lines, in an order that commits. */
  readonly commands: readonly string[];
  /** `# line N: ...` lines: what was assumed, and what was not taken. */
  readonly assumed: readonly string[];
  readonly left: readonly string[];
}

/**
 * Reads texts that belong together (a script, what iptables-save and `ip rule` print, a router's configuration, a page that explains
 * one) and says in our language what they do. `links`: of this machine, for what texts leave out. @throws RangeError, ConfigSyntaxError
 */
export function importTexts(texts: readonly ImportText[], links: readonly KnownLink[], lookups: Lookups): ImportResult {
  const findings = noFindings();
  for (const [source, { name, text }] of texts.entries()) {
    if (CURLY.test(text)) {
      readRouter(findings, parseCurly(text, name).tree, (path) => ({ source, line: 0, text: path.join(" ") }));
      continue;
    }
    readSetLines(findings, source, text);
    readText(findings, source, text);
  }
  const imported = sayable(findings, meaningOf(findings, links), lookups);
  const names = texts.map(({ name }) => name);
  return {
    commands: writeCommands(imported),
    assumed: writeRemarks(findings.remarks, "taken", names),
    left: writeRemarks(findings.remarks, "left", names),
  };
}

/** Without rules that hold a value our language refuses, a port nobody knows by name; all the others could not be committed with them. */
function sayable(findings: Findings, imported: Imported, lookups: Lookups): Imported {
  const tree = parseSetCommands(writeCommands(imported).join("\n")).children.get("policy-route") ?? EMPTY_TREE;
  const numbers = ruleNumbers(imported.rules.length);
  const wrong = new Map(parseConfigTree(tree, lookups).issues.map(({ path, message }) => [path.slice(0, 2).join(" "), message]));
  for (const { name, at } of imported.uplinks) {
    const message = wrong.get(`uplink ${name}`);
    if (message !== undefined) leave(findings, at, message);
  }
  return {
    ...imported,
    rules: imported.rules.filter(({ at }, i) => {
      const message = wrong.get(`rule ${numbers[i]}`);
      if (message !== undefined) leave(findings, at, message);
      return message === undefined;
    }),
  };
}
