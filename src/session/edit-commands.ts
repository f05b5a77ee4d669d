import { treeBelow } from "../config/build-tree.ts";
import type { ConfigTree } from "../config/config-tree.ts";
import { setProblems } from "./check-path.ts";
import { type Drafts, LimitError, withoutPath, withPath, withSubtree } from "./edit-tree.ts";
import { expandPath } from "./expand-path.ts";
import { sayPathProblem } from "./path-problem.ts";
import { placeOf } from "./place.ts";
import { sayBlock, sayFailed } from "./say.ts";
import type { Command, Outcome, Session, SessionWorld } from "./session.ts";

/** What `set` made of a working configuration so far. Whatever else makes another one, a commit or a load, ends that. */
const drafts = new WeakMap<ConfigTree, Drafts>();

/** `set PATH`: what exists already is said and is no failure. */
export const set: Command = async (session, world, words) => {
  if (words.length === 0) return sayFailed(world, ["Need to specify the config node to set"], "Set");
  const path = expandPath(session, words, false);
  if (sayPathProblem(session, world, path, "Set", false)) return "failed";
  const problems = await setProblems(session, world, path);
  if (problems.length > 0) return sayFailed(world, problems, "Set");
  if (treeBelow(session.working, path) !== undefined) {
    sayBlock(world.out, [`Configuration path: [${path.slice(session.level.length).join(" ")}] already exists`]);
    return "fine";
  }
  return limited(world, "Set", () => {
    const own = drafts.get(session.working) ?? new WeakSet();
    session.working = withPath(session.working, session.templates, path, own);
    drafts.set(session.working, own);
  });
};

function limited(world: SessionWorld, verb: string, edit: () => void): Outcome {
  try {
    edit();
    return "fine";
  } catch (error) {
    if (error instanceof LimitError) return sayFailed(world, [error.message], verb);
    throw error;
  }
}

/** `delete PATH`: what does not exist is said and is no failure; a leaf with a default goes back to it. */
export const deletePath: Command = async (session, world, words) => {
  if (words.length === 0) return sayFailed(world, ["Need to specify the config node to delete"], "Delete");
  const path = expandPath(session, words, true);
  if (sayPathProblem(session, world, path, "Delete", true)) return "failed";
  if (treeBelow(session.working, path) === undefined && !isDefault(session, path)) {
    const place = placeOf(session.templates, path);
    const what = place?.isValue === true && place.template.kind !== "tag" ? "value" : "node";
    sayBlock(world.out, [`Nothing to delete (the specified ${what} does not exist)`]);
    return "fine";
  }
  session.working = withoutPath(session.working, session.templates, path);
  return "fine";
};

/** Whether a path is a leaf that is not set and stands at its default, which exists without being shown. */
function isDefault(session: Session, path: readonly string[]): boolean {
  const place = placeOf(session.templates, path);
  if (place?.template.default === undefined) return false;
  const leaf = place.isValue ? path.slice(0, -1) : path;
  if (treeBelow(session.working, leaf) !== undefined || treeBelow(session.working, leaf.slice(0, -1)) === undefined) return false;
  return !place.isValue || path.at(-1) === place.template.default;
}

/** `rename rule 10 to rule 20` and `copy ...`, within the edit level. */
function renameOrCopy(verb: "rename" | "copy"): Command {
  const failed = verb === "rename" ? "Rename" : "Copy";
  return async (session, world, words) => {
    const [oldTag = "", oldValue = "", to, newTag = "", newValue = ""] = words;
    if (words.length !== 5 || to !== "to") return sayFailed(world, [`Invalid ${verb} command`], failed);
    const from = expandPath(session, [oldTag, oldValue], true);
    const target = expandPath(session, [newTag, newValue], false);
    if (sayPathProblem(session, world, from, failed, true) || sayPathProblem(session, world, target, failed, false))
      return "failed";
    const problem = copyProblem(session, from, target, verb);
    if (problem !== undefined) return sayFailed(world, [problem], failed);
    const problems = await setProblems(session, world, target);
    if (problems.length > 0) return sayFailed(world, problems, failed);
    return limited(world, failed, () => {
      const copied = treeBelow(session.working, from);
      const rest = verb === "rename" ? withSubtree(session.working, from, undefined) : session.working;
      session.working = withSubtree(withPath(rest, session.templates, target), target, copied);
    });
  };
}

function copyProblem(session: Session, from: readonly string[], target: readonly string[], verb: string): string | undefined {
  const [oldName, newName] = [from.slice(-2), target.slice(-2)];
  if (oldName[0] !== newName[0]) return `Cannot ${verb} from "${oldName[0]}" to "${newName[0]}"`;
  const place = placeOf(session.templates, from);
  if (place?.template.kind !== "tag" || !place.isValue) return `Cannot ${verb} under "${oldName[0]}"`;
  if (treeBelow(session.working, from) === undefined) return `Configuration "${oldName.join(" ")}" does not exist`;
  if (treeBelow(session.working, target) !== undefined) return `Configuration "${newName.join(" ")}" already exists`;
  return undefined;
}

export const rename = renameOrCopy("rename");
export const copy = renameOrCopy("copy");

/** `discard`: the working configuration becomes the running one again. */
export function discardWith(changed: (session: Session) => boolean): Command {
  return async (session, world, words) => {
    if (words.length > 0) return sayFailed(world, ["Invalid discard command"], "Discard");
    sayBlock(world.out, [changed(session) ? "Changes have been discarded" : "No changes have been discarded"]);
    session.working = session.running;
    return "fine";
  };
}
