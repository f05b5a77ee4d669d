import type { OpNode, Source } from "./definition.ts";
import { readOp } from "./read-op.ts";

/** What is no operational command of the router's, or has more to it outside the router: words and options after it. */
const MORE: readonly string[] = [
  "--help",
  "--version",
  "apply --boot",
  "apply --config @file",
  "configure",
  "configure --script @file",
  "monitor",
  "plan",
  "plan --check",
  "plan --config @file",
  "plan --json",
  "uninstall",
];

/** Commands that can print JSON. */
const JSON_TOO = ["show", "test"];

/**
 * What bash completes after `policy-route`, a line for each command: every operational command in the words of its `run:` line, and
 * what there is besides. Words, alternatives `a|b`, and `@uplink` and its like for names of the configuration, `@any` for what
 * nobody can guess. debian/policy-route.bash reads them. Throws DefinitionError.
 */
export function completionLines(sources: readonly Source[]): string[] {
  const op = readOp(sources.filter(({ file }) => file.startsWith("op-")));
  const lines = op.flatMap((node) => grammar(node, []));
  const withJson = lines.flatMap((line) =>
    JSON_TOO.includes(line.split(" ")[0] ?? "") && line !== "show json" ? [line, `${line} --json`] : [line],
  );
  return [...new Set([...withJson, ...MORE])].sort();
}

/** `show uplink "$4"` with the completion of the fourth word -> `show uplink @uplink`. */
function grammar(node: OpNode, above: readonly string[]): string[] {
  const kind = node.completion.flatMap(({ kind, text }) =>
    kind === "path" ? [`@${text.split(" ").at(-1)}`] : kind === "list" ? text.split(" ") : [],
  );
  const values = node.kind === "tag" ? [kind.length === 0 ? "@any" : kind.join("|")] : [];
  const path = [...above, ...values];
  const words = node.command?.replace(/^\S*libexec\/op-mode /, "").split(" ") ?? [];
  let used = 0;
  const line = words.map((word) => (/^"\$\d+"$/.test(word) ? (path[used++] ?? "@any") : word)).join(" ");
  return [...(line === "" ? [] : [line]), ...node.children.flatMap((child) => grammar(child, path))];
}

const FIRST = "# Made from node-defs/ by npm run templates:\n";
const LAST = "# End of what is made.\n";

/** The completion script with these lines in the place of those it has. */
export function withLines(script: string, lines: readonly string[]): string {
  const begin = script.indexOf(FIRST);
  const end = script.indexOf(LAST);
  if (begin < 0 || end < begin) throw new Error("Bug: the completion script has lost its marks");
  return `${script.slice(0, begin)}${FIRST}_policy_route_lines='${lines.join("\n")}'\n${script.slice(end)}`;
}
