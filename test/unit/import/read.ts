import { checkTree } from "../../../src/config/check-tree.ts";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { formatIssue } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { type ImportResult, importTexts } from "../../../src/import/import-texts.ts";

/** The interfaces of the machine that imports. */
export const LINKS = [
  { name: "eth0", pointToPoint: false, addresses: [{ address: "10.0.0.9", length: 24 }] },
  { name: "eth1", pointToPoint: false, addresses: [{ address: "198.51.100.2", length: 24 }] },
  { name: "eth2", pointToPoint: false, addresses: [{ address: "192.0.2.2", length: 24 }] },
];

export function imported(...texts: readonly string[]): ImportResult {
  const named = texts.map((text, i) => ({ name: `file${i + 1}`, text }));
  return importTexts(named, LINKS, BUILT_IN_LOOKUPS);
}

/** The commands without what all have in common. */
export function linesOf(...texts: readonly string[]): string[] {
  return imported(...texts).commands.map((line) => line.replace("set policy-route ", ""));
}

function treeOf(commands: readonly string[]) {
  return parseSetCommands(commands.join("\n")).children.get("policy-route") ?? EMPTY_TREE;
}

/** What a commit would refuse. */
export function refusals(commands: readonly string[]): string[] {
  return checkTree(treeOf(commands), BUILT_IN_LOOKUPS, { links: LINKS }).errors.map(formatIssue);
}

/** Every value of a configuration, defaults too, as `path = value` lines. */
export function valuesOf(commands: readonly string[]): string[] {
  const flat = (value: unknown, path: string): string[] =>
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
      ? Object.entries(value).flatMap(([key, below]) => (key === "text" ? [] : flat(below, `${path} ${key}`.trim())))
      : [`${path} = ${JSON.stringify(value, (key, part) => (key === "text" ? undefined : part))}`];
  return flat(parseConfig(treeOf(commands), BUILT_IN_LOOKUPS), "").sort();
}

/** Values that only one of two configurations has: "-" in the first, "+" in the second. */
export function differences(first: readonly string[], second: readonly string[]): string[] {
  const [a, b] = [valuesOf(first), valuesOf(second)];
  return [
    ...a.filter((line) => !b.includes(line)).map((line) => `- ${line}`),
    ...b.filter((line) => !a.includes(line)).map((line) => `+ ${line}`),
  ];
}
