import { COMMANDS, commandsCalled } from "./commands.ts";
import { completeOp } from "./complete-op.ts";
import { completePath } from "./complete-path.ts";
import { ENTER, type HelpItem } from "./help-text.ts";
import type { Session, SessionWorld } from "./session.ts";
import { readWords } from "./split-words.ts";

/** What could stand where the cursor is. */
export interface Completion {
  /** The beginning that is typed already. */
  readonly word: string;
  /** Words that can be put in its place. */
  readonly words: readonly string[];
  readonly items: readonly HelpItem[];
  readonly detail?: string;
  /** Said instead of help when the line is wrong already. */
  readonly problem?: string;
}

/** What can follow the beginning of a line. Scripts of templates are run for it, each for three seconds at most. */
export async function complete(session: Session, world: SessionWorld, line: string): Promise<Completion> {
  const all = readWords(line).words;
  const isNewWord = all.length === 0 || (/\s$/.test(line) && !readWords(line).openQuote);
  const words = (isNewWord ? all : all.slice(0, -1)).map(({ text }) => text);
  const word = isNewWord ? "" : (all.at(-1)?.text ?? "");
  const [name, ...before] = words;
  if (name === undefined) return named(word, COMMANDS, `Invalid command: [${word}]`);
  const [command, ...others] = commandsCalled(name);
  if (command === undefined || others.length > 0) return { word, words: [], items: [], problem: `Invalid command: [${name}]` };
  const path = (existing: boolean, from = before) => completePath(session, world, from, word, existing);
  switch (command.item) {
    case "set":
    case "edit":
      return path(false);
    case "delete":
    case "show":
      return path(true);
    case "copy":
    case "rename":
      if (before.length === 2) return named(word, [{ item: "to", help: "Set destination" }]);
      return before.length < 2 ? path(true) : before.length < 5 ? path(false, before.slice(3)) : end(word);
    case "run":
      return completeOp(session, world, before, word);
    case "exit":
      return before.length > 0 ? end(word) : named(word, [ENTER, { item: "discard", help: "Discard any changes" }]);
    case "compare":
      return before.length > 0
        ? end(word)
        : named(word, [ENTER, { item: "saved", help: "Compare working & saved configurations" }]);
    case "commit":
      if (before.length === 0) return named(word, [ENTER, { item: "comment", help: "Comment for commit log" }]);
      return before.length === 1 ? hint(word, [{ item: "<text>", help: "Text of the comment" }]) : end(word);
    case "load":
    case "save":
      if (before.length > 0) return end(word);
      return {
        word,
        words: (await savedFiles(world)).filter((name) => name.startsWith(word)),
        items: [
          { item: "<Enter>", help: `${command.item === "load" ? "Load from" : "Save to"} system config file` },
          { item: "<file>", help: `${command.item === "load" ? "Load from" : "Save to"} file on local machine` },
        ],
      };
    default:
      return end(word);
  }
}

/** Configuration files that a name without a slash means. */
async function savedFiles({ host, paths }: SessionWorld): Promise<readonly string[]> {
  const names = await host.list(paths.configBoot.replace(/\/[^/]*$/, ""));
  return names.filter((name) => /\.(boot|config|conf)$/.test(name)).sort();
}

/** Fixed words; those in angle brackets are help, not words to type. */
function named(word: string, items: readonly HelpItem[], problem?: string): Completion {
  const fitting = items.filter(({ item }) => item.startsWith(word) || (word === "" && item.startsWith("<")));
  const words = fitting.map(({ item }) => item).filter((item) => !item.startsWith("<"));
  return { word, words, items: fitting, ...(fitting.length === 0 && problem !== undefined ? { problem } : {}) };
}

function hint(word: string, items: readonly HelpItem[]): Completion {
  return { word, words: [], items };
}

function end(word: string): Completion {
  return hint(word, [ENTER]);
}
