import type { Completion, OpNode, Source } from "./definition.ts";
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

/** Views of `show` that are commands by themselves too. */
const ALONE = ["what-if"];

/** Commands that can print JSON. */
const JSON_TOO = ["explain", "show", "test", "what-if"];

/**
 * What bash completes after `policy-route`, a line for each command: every operational command in the words of its `run:` line, and
 * what there is besides. Words, alternatives `a|b`, `@uplink` and its like for names of the configuration, `@interface`, and `@any`
 * for what nobody can guess. debian/policy-route.bash reads them. Throws DefinitionError.
 */
export function completionLines(sources: readonly Source[]): string[] {
  const op = readOp(sources.filter(({ file }) => file.startsWith("op-")));
  const views = op.flatMap((node) => grammar(node, [], []));
  const alone = views.filter((line) => ALONE.includes(line.split(" ")[1] ?? "")).map((line) => line.replace(/^show /, ""));
  const lines = [...views, ...alone];
  const withJson = lines.flatMap((line) =>
    JSON_TOO.includes(line.split(" ")[0] ?? "") && line !== "show json" ? [line, `${line} --json`] : [line],
  );
  return [...new Set([...withJson, ...MORE])].sort();
}

/**
 * The line of a command: `show uplink "$4"` with what completes the fourth word is `show uplink @uplink`; `explain "$@"` hands on
 * all words that are typed from `explain` on. `typed` are the words after `policy-route`, `values` those of them that are names.
 */
function grammar(node: OpNode, typed: readonly string[], values: readonly string[]): string[] {
  const kind = node.completion.flatMap(kindOf);
  const value = node.kind === "tag" ? [kind.length === 0 ? "@any" : kind.join("|")] : [];
  const words = node.name === "policy-route" ? [] : [...typed, node.name, ...value];
  const named = [...values, ...value];
  const own = node.command === undefined ? [] : [handedOn(node.command, words, named)];
  return [...own, ...node.children.flatMap((child) => grammar(child, words, named))];
}

function kindOf({ kind, text }: Completion): readonly string[] {
  if (kind === "list") return text.split(" ");
  if (kind === "path") return [`@${text.split(" ").at(-1)}`];
  return text.includes("/sys/class/net") ? ["@interface"] : [];
}

function handedOn(command: string, words: readonly string[], named: readonly string[]): string {
  const line = command.replace(/^\S*libexec\/op-mode /, "").split(" ");
  let used = 0;
  return line
    .flatMap((word) => {
      if (word === '"$@"') return words.slice(words.indexOf(line[0] ?? "") + 1);
      return /^"\$\{?\d+\}?"$/.test(word) ? [named[used++] ?? "@any"] : [word];
    })
    .join(" ");
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
