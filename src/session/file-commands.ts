import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import { renderCurly } from "../config/render-tree.ts";
import { ConfigSyntaxError } from "../config/syntax-error.ts";
import { setProblems } from "./check-path.ts";
import { type Drafts, LimitError, withPath } from "./edit-tree.ts";
import { kindsOf } from "./kind-of.ts";
import { isChanged } from "./level-commands.ts";
import { knownLength } from "./place.ts";
import { replaceSection, SectionError } from "./replace-section.ts";
import { FileError, fileCalled, readConfigFile } from "./saved-config.ts";
import type { Command, Session, SessionWorld } from "./session.ts";

/** `save [FILE]`: writes the running configuration; what else the file holds stays byte for byte. */
export const save: Command = async (session, world, words) => {
  if (isChanged(session)) world.out("Warning: you have uncommitted changes that will not be saved.\n\n");
  session.level = [];
  const file = fileCalled(world, words[0]);
  world.out(`Saving configuration to '${file}'...\n`);
  let text = (await world.host.read(file)) ?? "";
  try {
    for (const name of session.templates.children.keys()) {
      const own = new Map([...session.running.children].filter(([word]) => word === name));
      text = replaceSection(text, name, renderCurly({ children: own }, kindsOf(session.templates)));
    }
  } catch (error) {
    if (!(error instanceof SectionError)) throw error;
    world.out(`${file} is not a configuration file (${error.message}): not touched\nSave failed\n`);
    return "failed";
  }
  await world.files.replaceKeepingOwner(file, text);
  world.out("Done\n");
  if (file === world.paths.configBoot) session.unsaved = false;
  return "fine";
};

/** `load [FILE]`: the file's configuration becomes the working one. All of it or, when anything in it is wrong, nothing. */
export const load: Command = async (session, world, words) => {
  if (isChanged(session)) {
    world.out("Cannot load: configuration modified.\nCommit or discard the changes before loading a config file.\n");
    return "failed";
  }
  session.level = [];
  const file = fileCalled(world, words[0]);
  world.out(`Loading configuration from '${file}'...\n`);
  try {
    session.working = await checkedTree(session, world, await readConfigFile(world, session.templates, file));
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ConfigSyntaxError)) throw error;
    world.out(`${error.message}\nLoad failed\n`);
    return "failed";
  }
  world.out(
    isChanged(session) ? "Load complete. Use 'commit' to make changes active.\n" : "No configuration changes to commit\n",
  );
  return "fine";
};

/** The tree built anew by checking and setting every path of it. Throws FileError with every path that was refused. */
async function checkedTree(session: Session, world: SessionWorld, loaded: ConfigTree): Promise<ConfigTree> {
  const refused: string[] = [];
  let tree: ConfigTree = EMPTY_TREE;
  const drafts: Drafts = new WeakSet();
  const trial = { ...session, working: tree };
  for (const path of pathsOf(loaded, [])) {
    const known = knownLength(session.templates, path);
    const problems =
      known < path.length
        ? [
            `Configuration path: ${path
              .slice(0, known)
              .map((word) => `${word} `)
              .join("")}[${path[known]}] is not valid`,
          ]
        : await setProblems(trial, world, path);
    try {
      if (problems.length === 0) tree = withPath(tree, session.templates, path, drafts);
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      refused.push(error.message, setFailed(path));
    }
    if (problems.length > 0) refused.push(...problems, setFailed(path));
    trial.working = tree;
  }
  if (refused.length > 0) throw new FileError(refused.join("\n"));
  return tree;
}

function setFailed(path: readonly string[]): string {
  return `Set [${path.map((word) => `'${word}'`).join(" ")}] failed`;
}

function pathsOf(tree: ConfigTree, above: readonly string[]): (readonly string[])[] {
  if (tree.children.size === 0) return above.length === 0 ? [] : [above];
  return [...tree.children].flatMap(([word, child]) => pathsOf(child, [...above, word]));
}
