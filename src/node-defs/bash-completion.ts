import type { Completion, OpNode, Source } from "./definition.ts";
import { readOp } from "./read-op.ts";

/** Called by other programs, never typed. */
const NOT_TYPED = ["commit", "help", "lease"];

/** A command of the program, as its help tells it. */
export interface ToldCommand {
  readonly name: string;
  /** `--config @file`, `--json` */
  readonly options: readonly string[];
  /** Whether files are what it is given. */
  readonly takesFiles: boolean;
  /** Words with a value each that it takes in any order, besides those of the templates. */
  readonly pairs: readonly string[];
}

/** Reads what `policy-route --help` and `policy-route COMMAND --help` print. */
export async function toldCommands(help: (argv: readonly string[]) => Promise<string>): Promise<ToldCommand[]> {
  const list = (await help(["--help"])).split("Commands:\n")[1] ?? "";
  const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = ""]) => name);
  const typed = names.filter((name) => !NOT_TYPED.includes(name));
  return await Promise.all(
    typed.map(async (name) => {
      const text = await help([name, "--help"]);
      const options = [...text.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)(?: <(\w+)>)?/gm)].map(([, option = "", value]) =>
        value === undefined ? option : `${option} ${value === "file" ? "@file" : "@any"}`,
      );
      return {
        name,
        options: options.filter((option) => option !== "--help"),
        takesFiles: /^ {2}files? /m.test(text),
        pairs: /in any order; words: ([a-z-]+(?:, [a-z-]+)*)/.exec(text.replace(/\s+/g, " "))?.[1]?.split(", ") ?? [],
      };
    }),
  );
}

/**
 * What bash completes after `policy-route`, a line for each command: every operational command in the words of its `run:` line, and
 * what the program's help tells besides. Words, alternatives `a|b`, `@uplink` and its like for names of the configuration,
 * `@interface`, `@file`, and `@any` for what nobody can guess. After `*` there are pairs of a word and its value, in any order, each
 * once. debian/policy-route.bash reads them. Throws DefinitionError.
 */
export function completionLines(sources: readonly Source[], commands: readonly ToldCommand[]): string[] {
  const op = readOp(sources.filter(({ file }) => file.startsWith("op-"))).flatMap((node) => grammar(node, [], []));
  const lines = commands.flatMap(({ name, options, takesFiles, pairs }) => {
    const own = op.filter((line) => firstWord(line) === name);
    if (pairs.length > 0) return [`${name} * ${pairsIn(own, pairs).join(" ")}`];
    // A view of `show` that is a command by itself too.
    const views = own.length > 0 ? [] : op.filter((line) => line.startsWith(`show ${name} `)).map((line) => line.slice(5));
    const some = [...own, ...views, ...(takesFiles ? [`${name} @file`] : [])];
    const all = some.length === 0 ? [name] : some;
    return all.flatMap((line) => [line, ...options.map((option) => `${line} ${option}`)]);
  });
  return [...new Set(["--help", "--version", ...lines])].sort();
}

/** `source @any`, `inbound @interface`: the pairs of the lines, then the words that no line has. */
function pairsIn(lines: readonly string[], words: readonly string[]): string[] {
  const known = new Map(words.map((word) => [word, "@any"]));
  for (const line of lines) {
    const [, ...rest] = line.split(" ");
    for (let i = 0; i < rest.length; i += 2) known.set(rest[i] ?? "", rest[i + 1] ?? "@any");
  }
  return [...known].map(([word, value]) => `${word} ${value}`).sort();
}

function firstWord(line: string): string {
  return line.split(" ")[0] ?? "";
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

const FIRST = "# Made from node-defs/ and the program's help by npm run templates:\n";
const LAST = "# End of what is made.\n";

/** The completion script with these lines in the place of those it has. */
export function withLines(script: string, lines: readonly string[]): string {
  const begin = script.indexOf(FIRST);
  const end = script.indexOf(LAST);
  if (begin < 0 || end < begin) throw new Error("Bug: the completion script has lost its marks");
  return `${script.slice(0, begin)}${FIRST}_policy_route_lines='${lines.join("\n")}'\n${script.slice(end)}`;
}
