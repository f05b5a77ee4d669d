import { treeBelow } from "../config/build-tree.ts";
import { setProblems } from "./check-path.ts";
import { withPath } from "./edit-tree.ts";
import { expandPath } from "./expand-path.ts";
import { sayPathProblem } from "./path-problem.ts";
import { hasNamedChildren, placeOf } from "./place.ts";
import { sameConfig } from "./same-trees.ts";
import { sayBlock, sayFailed } from "./say.ts";
import type { Command, Session } from "./session.ts";

/** Whether the working configuration differs from the running one. */
export function isChanged(session: Session): boolean {
  return !sameConfig(session.running, session.working, session.templates);
}

/** `edit PATH`: commands are relative to the path from now on. A path that does not exist is made. */
export const edit: Command = async (session, world, words) => {
  if (words.length === 0) return sayFailed(world, ["Need to specify the config node to edit"], "Edit");
  const path = expandPath(session, words, false);
  if (sayPathProblem(session, world, path, "Edit", false)) return "failed";
  const place = placeOf(session.templates, path);
  if (place === undefined || !hasNamedChildren(place)) {
    sayBlock(world.out, ['The "edit" command cannot be issued at the specified level']);
    return "failed";
  }
  if (treeBelow(session.working, path) === undefined) {
    const problems = await setProblems(session, world, path);
    if (problems.length > 0) {
      sayBlock(world.out, [...problems, "The specified config path is not valid"]);
      return "failed";
    }
    session.working = withPath(session.working, session.templates, path);
  }
  session.level = path;
  return "fine";
};

/** `up`: one level, which is two words when the level is a tag value. */
export const up: Command = async (session, world) => {
  if (session.level.length === 0) {
    world.out("Already at the top level\n");
    return "failed";
  }
  const isTagValue = placeOf(session.templates, session.level)?.isValue === true;
  session.level = session.level.slice(0, isTagValue ? -2 : -1);
  return "fine";
};

export const top: Command = async (session, world) => {
  if (session.level.length === 0) world.out("Already at the top level\n");
  session.level = [];
  return "fine";
};

/** `exit`: below the top it goes to the top; there it ends the session, unless edits would be lost. */
export const exit: Command = async (session, world, words) => {
  const [argument] = words;
  const discards = words.length === 1 && argument !== "" && "discard".startsWith(argument ?? "-");
  if (words.length > 0 && !discards) {
    world.out(`Invalid argument "${words.join(" ")}" for 'exit'\n`);
    return "failed";
  }
  if (session.level.length > 0) {
    session.level = [];
    return "fine";
  }
  if (isChanged(session) && !discards) {
    world.out("Cannot exit: configuration modified.\nUse 'exit discard' to discard the changes and exit.\n");
    return "failed";
  }
  if (session.unsaved) world.out("Warning: configuration changes have not been saved.\n");
  return "end";
};
