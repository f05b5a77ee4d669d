import { suggest } from "../config/suggest.ts";
import { ConfigSyntaxError } from "../config/syntax-error.ts";
import { isHostError } from "../host/host.ts";
import { commit } from "./commit-command.ts";
import { copy, deletePath, discardWith, rename, set } from "./edit-commands.ts";
import { load, save } from "./file-commands.ts";
import { type HelpItem, renderHelp } from "./help-text.ts";
import { edit, exit, isChanged, top, up } from "./level-commands.ts";
import { run } from "./op-command.ts";
import { sayAmbiguous, sayBlock } from "./say.ts";
import type { Command, Outcome, Session, SessionWorld } from "./session.ts";
import { compare, show } from "./show-commands.ts";
import { OpenQuoteError, splitWords } from "./split-words.ts";

const help: Command = async (_session, world) => {
  world.out(`${renderHelp(COMMANDS)}\n`);
  return "fine";
};

/** The commands of configuration mode with their help, in the engine's order. */
export const COMMANDS: readonly (HelpItem & { readonly run: Command })[] = [
  { item: "commit", help: "Commit the current set of changes", run: commit },
  { item: "compare", help: "Compare configuration revisions", run: compare },
  { item: "copy", help: "Copy a configuration element", run: copy },
  { item: "delete", help: "Delete a configuration element", run: deletePath },
  { item: "discard", help: "Discard uncommitted changes", run: discardWith(isChanged) },
  { item: "edit", help: "Edit a sub-element", run: edit },
  { item: "exit", help: "Exit from this configuration level", run: exit },
  { item: "help", help: "List the commands of configuration mode", run: help },
  { item: "load", help: "Load configuration from a file and replace running configuration", run: load },
  { item: "rename", help: "Rename a configuration element", run: rename },
  { item: "run", help: "Run an operational-mode command", run: run },
  { item: "save", help: "Save configuration to a file", run: save },
  { item: "set", help: "Set the value of a parameter or create a new element", run: set },
  { item: "show", help: "Show the configuration (default values may be suppressed)", run: show },
  { item: "top", help: "Set the edit level to the root", run: top },
  { item: "up", help: "Set the edit level up one level", run: up },
];

/** Commands that begin with a word; the one command when the word is its full name. */
export function commandsCalled(word: string): typeof COMMANDS {
  const exact = COMMANDS.filter(({ item }) => item === word);
  return exact.length > 0 ? exact : COMMANDS.filter(({ item }) => item.startsWith(word));
}

/** Runs one line of configuration mode. An empty line and a line that starts with `#` do nothing. */
export async function runLine(session: Session, world: SessionWorld, line: string): Promise<Outcome> {
  if (/^\s*(#|$)/.test(line)) return "fine";
  try {
    const [name = "", ...words] = splitWords(line).map((word) => word.text);
    if (name === "?") return await help(session, world, []);
    const found = commandsCalled(name);
    if (found.length === 1 && found[0] !== undefined) return await found[0].run(session, world, words);
    if (found.length === 0)
      sayBlock(world.err, [
        `Invalid command: [${name}]${suggest(
          name,
          COMMANDS.map(({ item }) => item),
        )}`,
      ]);
    else sayAmbiguous(world.err, `Ambiguous command: [${name}]`, found);
  } catch (error) {
    // A file that cannot be written must not cost the operator the session and its edits.
    if (isHostError(error) || error instanceof ConfigSyntaxError) world.err(`${error.message}\n`);
    else if (error instanceof OpenQuoteError) sayBlock(world.err, [`Invalid command: ${error.message}: ${line.trim()}`]);
    else throw error;
  }
  return "failed";
}
