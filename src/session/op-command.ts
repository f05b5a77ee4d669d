import { locateProgram } from "./locate-program.ts";
import type { OpTemplate } from "./node-template.ts";
import { offerToActions } from "./running-config.ts";
import { sayAmbiguous, sayBlock } from "./say.ts";
import type { Command } from "./session.ts";
import { runTemplateText, templateEnvironment, WITH_STAND_IN } from "./template-shell.ts";

/** Where the words of an op-mode command lead. `words` are written out in full. */
export type OpPath =
  | { readonly kind: "found"; readonly template: OpTemplate; readonly words: readonly string[] }
  | { readonly kind: "invalid"; readonly words: readonly string[]; readonly wrong: string }
  | {
      readonly kind: "ambiguous";
      readonly words: readonly string[];
      readonly wrong: string;
      readonly names: readonly string[];
      readonly above: OpTemplate;
    };

/** Follows the words through the op-mode templates; abbreviations of one name are written out, other words are values. */
export function findOpPath(root: OpTemplate, words: readonly string[]): OpPath {
  let template = root;
  const full: string[] = [];
  for (const word of words) {
    const names = [...template.children.keys()].filter((name) => name.startsWith(word)).sort();
    const name = names.includes(word) ? word : names.length === 1 ? names[0] : undefined;
    if (name === undefined && names.length > 1) return { kind: "ambiguous", words: full, wrong: word, names, above: template };
    const next = name === undefined ? template.tag : template.children.get(name);
    if (next === undefined) return { kind: "invalid", words: full, wrong: word };
    full.push(name ?? word);
    template = next;
  }
  return { kind: "found", template, words: full };
}

/** `run COMMAND`: an op-mode command, with the operator's terminal when there is one. */
export const run: Command = async (session, world, words) => {
  const path = findOpPath(session.op, words);
  if (path.kind === "invalid") {
    sayBlock(world.out, [`Invalid command: ${[...path.words, `[${path.wrong}]`].join(" ")}`]);
    return "failed";
  }
  if (path.kind === "ambiguous") {
    const items = path.names.map((item) => ({ item, help: path.above.children.get(item)?.help ?? "" }));
    sayAmbiguous(world.out, `Ambiguous command: ${[...path.words, `[${path.wrong}]`].join(" ")}`, items);
    return "failed";
  }
  const text = path.template.run === undefined ? undefined : locateProgram(path.template.run, session.program);
  if (words.length === 0 || text === undefined) {
    sayBlock(world.err, [`Incomplete command: ${["run", ...path.words].slice(words.length === 0 ? 0 : 1).join(" ")}`]);
    return "failed";
  }
  await offerToActions(world, session.templates, session.running, session.working);
  if (world.runInTerminal !== undefined) {
    await world.runInTerminal(["sh", "-c", WITH_STAND_IN + text, "sh", ...path.words], templateEnvironment(world));
  } else {
    world.out((await runTemplateText(world, text, { words: path.words })).output);
  }
  // The engine does not hand on the exit status of an op-mode command either.
  return "fine";
};
