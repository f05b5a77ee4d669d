import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cli } from "../../src/cli.ts";
import type { CheckContext, FoundSet } from "../../src/config/check-context.ts";
import { checkParsed } from "../../src/config/check-tree.ts";
import { EMPTY_TREE } from "../../src/config/config-tree.ts";
import { configuredInterfaces } from "../../src/config/configured-interfaces.ts";
import { findFirewallGroups } from "../../src/config/firewall-groups.ts";
import { formatIssue } from "../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../src/config/lookups.ts";
import { fillNames } from "../../src/config/outside-names.ts";
import { parseConfigTree } from "../../src/config/parse-config.ts";
import { parseCurly } from "../../src/config/parse-curly.ts";
import { parseSetCommands } from "../../src/config/parse-set-commands.ts";
import { parseForeignRules } from "../../src/kernel/iproute.ts";
import { parseIptablesSave } from "../../src/kernel/parse-iptables-save.ts";
import { pathsBelow } from "../../src/paths.ts";
import { configuredUses, pathsOfUsers } from "../../src/uplink/configured-users.ts";
import type { Facts } from "../../src/uplink/facts.ts";
import { kernelUses } from "../../src/uplink/kernel-users.ts";
import { want } from "../../src/want.ts";
import { isSaid, proseOf, sourceFiles } from "../support/prose.ts";
import { readFacts } from "../support/read-facts.ts";
import { open, removeFolders } from "./session/open.ts";
import { memoryHost } from "./uplink/memory-host.ts";

/**
 * The wording of what an operator is told. messages.txt holds configurations and what a commit says of them: lines without `set
 * policy-route`, the router's own sections (`firewall group ...`) as they are, facts of the router after `~`, messages after `>`.
 * Each names the path, the value, and what would be right. A new one: write the lines, run with UPDATE=1, read what it says. What
 * only a broken machine brings about stands there after `=`, to be read once more whenever it changes.
 */
const top = fileURLToPath(new URL("../..", import.meta.url));
const TABLE = `${top}/test/unit/messages.txt`;

const ROUTER = [
  "link eth0 up 192.168.1.1/24",
  "link eth1 up 198.51.100.2/24",
  "link eth2 up 192.0.2.2/24 2001:db8:2::2/64",
  "link ppp0 up 10.64.0.2/32 peer 10.64.0.1 ptp",
];
const USERS = new Map([["mldonkey", 1005]]);

/** Words that begin a line of the router's own configuration. */
const OTHERS = ["firewall", "interfaces", "load-balancing", "policy", "vrf", "vpn"];

interface Block {
  readonly lines: readonly string[];
  readonly facts: readonly string[];
  readonly messages: readonly string[];
}

function readBlock(text: string): Block {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const after = (sign: string) => lines.flatMap((line) => (line.startsWith(`${sign} `) ? [line.slice(2)] : []));
  return { lines: lines.filter((line) => !/^[~>=] /.test(line)), facts: after("~"), messages: after(">") };
}

/** Everything a commit says of these lines, errors first; warnings only where there are no errors, as the operator sees them. */
function said({ lines, facts: told }: Block): string[] {
  const full = lines.map((line) => `set ${OTHERS.some((word) => line.startsWith(`${word} `)) ? "" : "policy-route "}${line}\n`);
  const router = parseSetCommands(full.join(""));
  const parsed = parseConfigTree(router.children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const groups = findFirewallGroups(parsed.config, router, BUILT_IN_LOOKUPS);
  const facts = factsOf(told, pathsOfUsers(router));
  const sets = setsOf(told);
  const { config, errors, warnings } = checkParsed(
    {
      config: fillNames(parsed.config, { users: USERS, userGroups: new Map() }, groups.groups, sets),
      issues: [...parsed.issues, ...groups.issues],
    },
    { ...contextOf(told, facts), firewallGroups: groups.groups, sets, ...configuredOf(router) },
  );
  if (errors.length > 0) return errors.map((issue) => `error: ${formatIssue(issue)}`);
  const later = commit(config, facts);
  return [...later.errors, ...[...warnings, ...later.warnings].map((issue) => `warning: ${formatIssue(issue)}`)];
}

/** `~ set office hash:ip ipv4`: there is one; `gone` instead of `set`: there was one at the commit. */
function setsOf(told: readonly string[]): Map<string, FoundSet> {
  const lines = told.map((line) => line.split(" ")).filter(([word = ""]) => /^(set|gone)$/.test(word));
  return new Map(lines.map(([, name = "", type = "", family]) => [name, { type, family: family as FoundSet["family"] }]));
}

function commit(config: Parameters<typeof want>[1], facts: Facts) {
  try {
    return { errors: [], warnings: want({ paths: pathsBelow("") }, config, facts, true).warnings };
  } catch (error) {
    if (!(error instanceof Error && error.name === "ConfigError")) throw error;
    return { errors: error.message.split("\n").map((line) => `error: ${line}`), warnings: [] };
  }
}

function factsOf(told: readonly string[], paths: readonly string[]): Facts {
  const of = (word: string) => told.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const own = told.filter((line) => !/^(check|ip-rule|mangle|problem|gone) /.test(line));
  const named = (line: string) => line.split(" ").slice(0, 2).join(" ");
  const links = ROUTER.filter((line) => !own.some((other) => named(other) === named(line)));
  const foreign = parseForeignRules(
    of("ip-rule").map((json) => ({ src: "all", ...JSON.parse(json) })),
    "ipv4",
  );
  const { foreignWrites } = parseIptablesSave(`*mangle\n${of("mangle").join("\n")}\nCOMMIT\n`, "ipv4");
  const facts = readFacts([...links, ...own].join("\n"));
  return {
    ...facts,
    markUses: [...configuredUses(paths), ...kernelUses(foreign, foreignWrites)],
    problems: of("problem").map((message) => ({ message })) as unknown as Facts["problems"],
  };
}

function contextOf(told: readonly string[], { links, tableNames, rpFilter }: Facts): CheckContext {
  const check = (word: string) => told.flatMap((line) => (line.startsWith(`check ${word}`) ? [line.split(" ").slice(2)] : []));
  return {
    links: links.filter(({ loopback }) => !loopback),
    tableNames,
    users: USERS,
    userGroups: new Map(),
    allRpFilter: rpFilter.get("all") ?? 0,
    notExecutable: new Set(check("not-executable").map(([path = ""]) => path)),
    missingPrograms: new Map(check("missing").map(([name = "", ...words]) => [name, words.join(" ")])),
    ...(check("leases").length === 0 ? {} : { leases: new Set(check("leases").flat()) }),
  };
}

function configuredOf(router: Parameters<typeof configuredInterfaces>[0]): Pick<CheckContext, "configured"> {
  const configured = configuredInterfaces(router);
  return configured === undefined ? {} : { configured };
}

describe("a commit says", () => {
  const blocks = readFileSync(TABLE, "utf8").trimEnd().split("\n\n");
  if (process.env["UPDATE"] === "1") writeFileSync(TABLE, `${blocks.map(update).join("\n\n")}\n`);
  for (const block of blocks.map(readBlock)) {
    if (block.lines.length === 0) continue;
    it(block.messages[0] ?? block.lines.join(", "), () => {
      expect(said(block)).toEqual(block.messages);
      for (const message of block.messages) expect(message).toMatch(/^(error|warning): policy-route( [^:]+)?: \S/);
    });
  }
});

function update(text: string): string {
  const block = readBlock(text);
  if (block.lines.length === 0) return text;
  const kept = text.split("\n").filter((line) => !line.startsWith("> "));
  return [...kept, ...said(block).map((line) => `> ${line}`)].join("\n");
}

it.each<[argv: string, message: string]>([
  ["show uplnk", 'cannot show "uplnk" (did you mean "uplink"?)'],
  ["show everything", 'cannot show "everything"; there are uplink, group, rule, table, marks, connections, what-if, plan, '],
  ["show marks dsl", '"show marks" takes no further word, such as "dsl"'],
  ["show uplink dsl two", '"show uplink dsl" takes no further word, such as "two"'],
  ["show log 5", 'show log takes no further word; for the last ones "show events COUNT"'],
  ["show events many", 'show events: "many" is not a number of events, 1-999999'],
  ["test uplink", "usage: policy-route test uplink NAME [--json]"],
  ["force", "usage: policy-route force uplink NAME up|down|auto | policy-route force group NAME failback"],
  ["force uplink dsl", "usage: policy-route force uplink NAME up|down|auto | policy-route force group NAME failback"],
  ["force uplink dsl sideways", "usage: policy-route force uplink NAME up|down|auto | policy-route force group NAME failback"],
  ["force uplink dsl up", "policy-route is not configured: set an uplink and commit first"],
  ["what-if", "usage: policy-route what-if uplink NAME up|down [uplink NAME up|down ...] [--json]"],
  ["clear", "usage: policy-route clear counters [rule NUMBER]"],
  ["reset", "usage: policy-route reset uplink NAME | policy-route reset connections [uplink NAME]"],
  ["import", "usage: policy-route import FILE... (- is the standard input)"],
  ["restart now", '("policy-route --help" has the commands, "policy-route help COMMAND" what each takes)'],
  ["apply", "apply needs --config FILE (or --boot)"],
  ["generate key", "usage: policy-route generate ssh-key"],
  ["lease", "usage: policy-route lease dhcp | policy-route lease ppp|ppp6 up|down"],
  ["lease carrier", "usage: policy-route lease dhcp | policy-route lease ppp|ppp6 up|down INTERFACE TTY SPEED LOCAL REMOTE"],
  ["shwo", "unknown command 'shwo'"],
])("policy-route %s says: %s", async (argv, message) => {
  let said = "";
  const say = (text: string) => {
    said += text;
  };
  const { host } = memoryHost({}, { "cli-shell-api inSession": { exitCode: 1 } });
  await cli(argv.split(" "), { host, env: {}, out: say, err: say }).catch((error: Error) => say(error.message));
  expect(said).toContain(message);
});

it.each<[text: string, message: string]>([
  ["uplink {\n /* begun", 'line 2, column 10: found the end of the text, expected "*/" of the comment that begins in line 2'],
  ['uplink "dsl', "found the end of the text, expected a double quote that ends the value begun in column 8"],
  ["}\n", 'found "}", expected the name of a node, since no block is open'],
  ["uplink dsl {\n{\n", 'found "{", expected the name of a node or "}"'],
  ["uplink dsl {\n", 'found the end of the text, expected "}" of the block that begins in line 1'],
  ['uplink dsl "a" b', 'expected "{" or the end of the line'],
  ["uplink dsl two words {", 'expected "{" or the end of the line (a value with blanks, braces or ";" needs double quotes)'],
  [`${"a {\n".repeat(300)}`, "blocks inside each other"],
])("config.boot %j: %s", (text, message) => {
  expect(() => parseCurly(text)).toThrow(message);
});

it.each<[text: string, message: string]>([
  ["set uplink 'dsl\n", "expected the quote (') that ends the word begun in column 12"],
  [`set ${"a ".repeat(600)}`, 'words after "set"'],
  ["set uplink 'dsl'x", "expected a blank after the word that begins in column 12"],
  ["set", 'expected a path after "set"'],
  ["delete uplink", "line 1, column 1"],
])("set commands %j: %s", (text, message) => {
  expect(() => parseSetCommands(text)).toThrow(message);
});

it.each<[line: string, message: string]>([
  ["set", "Need to specify the config node to set"],
  ["delete", "Need to specify the config node to delete"],
  ["edit", "Need to specify the config node to edit"],
  ["edit policy-route backend auto", 'The "edit" command cannot be issued at the specified level'],
  ["edit policy-route rulee", 'Configuration path: policy-route [rulee] is not valid (did you mean "rule"?)'],
  ["set policy-route ho x", "Configuration path: policy-route [ho] is ambiguous"],
  ["compare nothing", "Invalid command: compare [nothing]"],
  ["compare", "No changes between working and active configurations."],
  ["exit now", "Invalid argument \"now\" for 'exit'"],
  ["discard all", "Invalid discard command"],
  ["commit now", "Error: commit accepts either no arguments, or optional 'comment' with comment text as second argument."],
  ["commit now", "Usage: 'commit [comment COMMENTTEXT]'"],
  ["copy policy-route rule 10 to rule 20", "Invalid copy command"],
  ["copy rule 10 to rule 20", "Configuration path: [rule] is not valid"],
  ["load nothing", "there is no file"],
  ["say hello", "Invalid command: [say]"],
  ["comit", 'Invalid command: [comit] (did you mean "commit"?)'],
  ['set policy-route description "x', "a quote is not closed"],
])("configure: %s says: %s", async (line, message) => {
  const session = await open();
  const said = await session.type(line);
  removeFolders();
  expect(said).toContain(message);
});

/**
 * Prose that is no message: what a healthy router shows, events, help, texts for other programs, what is made at build time and
 * what only somebody who changes a template reads.
 */
const NO_MESSAGES = [
  /^src\/(node-defs|show|explain|diagram|watch)\//,
  /^src\/(command-line|tech-support)\.ts/,
  /^src\/kernel\/(render-|plan|ipset|nft-set|describe-drift|clear-counters)/,
  /^src\/session\/(commands|complete.*|help-text|cli-shell-api|template-shell|expression.*|parse-.*|node-def-.*)\.ts/,
  /^src\/host\/(run-together|forget-unanswered|try-|look-for|read-foreign|other-front-end|observe-nft)/,
  /^src\/compile\/(slot-memory|forget-connections|chain-rules|compile-rules)\.ts/,
  /^src\/uplink\/(mark-users|uplink-events)\.ts/,
];

it("covers every sentence of the source", () => {
  const tests = sourceFiles(top, "test").filter((file) => file.endsWith(".test.ts") && !file.startsWith("test/matrix"));
  const asserted = [TABLE, ...tests.map((file) => `${top}/${file}`)].map((file) => readFileSync(file, "utf8"));
  const text = asserted
    .join("\n")
    .replaceAll('\\"', '"')
    .replace(/[ \t]+/g, " ");
  const files = sourceFiles(top, "src").filter((file) => !NO_MESSAGES.some((pattern) => pattern.test(file)));
  const missing = proseOf(top, files).filter((prose) => {
    if (/^(Bug:|echo|route get|rule show)( |$)/.test(prose.parts[0] ?? "")) return false;
    return !isSaid(prose, text);
  });
  expect(missing.map(({ place, parts }) => `${place}: ${parts.join("...")}`)).toEqual([]);
}, 60_000);
