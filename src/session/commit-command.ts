import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import { checkAt } from "./check-path.ts";
import { checkAll, checkValue } from "./check-value.ts";
import { actionRuns, changedNodes } from "./commit-actions.ts";
import { isChanged } from "./level-commands.ts";
import { type Merge, mergeTrees } from "./merge-trees.ts";
import { runAction } from "./run-action.ts";
import { offerToActions, readRunning, writeRunning } from "./running-config.ts";
import { sameConfig } from "./same-trees.ts";
import type { Command, Outcome, Session, SessionWorld } from "./session.ts";

/**
 * `commit`: checks what changed, runs the templates' actions and, when all went well, makes the working configuration the
 * running one. On any failure the old one stays running and the edits stay in the session.
 */
export const commit: Command = async (session, world, words) => {
  if (words.length > 0 && !(words.length === 2 && words[0] === "comment")) {
    world.out(
      "Error: commit accepts either no arguments, or optional 'comment' with comment text as second argument.\n" +
        "\tUsage: 'commit [comment COMMENTTEXT]'\n",
    );
    return "failed";
  }
  if (!isChanged(session)) {
    world.out("No configuration changes to commit\n");
    return "fine";
  }
  const release = await world.files.lockCommit(`${world.paths.run}/session.lock`);
  if (release === undefined) {
    world.out("Configuration system temporarily locked due to another commit in progress\n");
    return "failed";
  }
  try {
    return await commitLocked(session, world);
  } finally {
    release();
  }
};

async function commitLocked(session: Session, world: SessionWorld): Promise<Outcome> {
  const found = (await readRunning(world)) ?? EMPTY_TREE;
  // The tree the edits began with shares with them what they left alone: comparing the two is quick.
  const running = sameConfig(found, session.running, session.templates) ? session.running : found;
  const merge = mergeTrees(session.running, session.working, running, session.templates);
  const goesOn = sayConflicts(world, merge);
  session.running = running;
  session.working = merge.tree;
  if (!goesOn) return failed(world);
  if (!sameConfig(running, merge.tree, session.templates)) {
    await offerToActions(world, session.templates, running, merge.tree);
    if (!(await checkChanges(session, world, running)) || !(await runActions(session, world, running))) return failed(world);
  }
  await writeRunning(world, merge.tree, session.templates);
  session.running = merge.tree;
  session.unsaved = true;
  return "fine";
}

function failed(world: SessionWorld): "failed" {
  world.out("Commit failed\n");
  return "failed";
}

/** Says where two sessions met. False when the operator has to look first: a rule must not come back with half its matches. */
function sayConflicts(world: SessionWorld, { conflicts }: Merge): boolean {
  for (const { path, kind } of conflicts) {
    const name = path.join(" ");
    world.out(
      kind === "overridden"
        ? `Warning: another session changed "${name}" since; this commit replaces that\n`
        : `Another session deleted "${name}" since, and it is edited here. It stands as new in this session now: "show" it, then commit or delete it.\n`,
    );
  }
  return conflicts.every((conflict) => conflict.kind === "overridden");
}

/** Checks every changed node again, as the engine does: what was fine when it was set may not be any more. */
async function checkChanges(session: Session, world: SessionWorld, running: ConfigTree): Promise<boolean> {
  for (const { path, place, action } of changedNodes(running, session.working, session.templates)) {
    if (action === "DELETE" || (!place.isValue && place.template.kind !== "node")) continue;
    const said: string[] = [];
    const { value, context } = checkAt(session, world, session.working, path, place, (text) => said.push(text));
    const isFine =
      (await checkValue(place.template, value, context)) &&
      (await checkAll(place.template.commit, place.template, value, context));
    if (isFine) continue;
    world.out(`[ ${path.join(" ")} ]\n${said.map((text) => `${text}\n`).join("")}\n[[${path[0]}]] failed\n`);
    return false;
  }
  return true;
}

async function runActions(session: Session, world: SessionWorld, running: ConfigTree): Promise<boolean> {
  for (const run of actionRuns(running, session.working, session.templates)) {
    const name = run.path.join(" ");
    const { isFine, output } = await runAction(session, world, run);
    if (output !== "") world.out(`[ ${name} ]\n${output.endsWith("\n") ? output : `${output}\n`}\n`);
    if (isFine) continue;
    world.out(run.action === "DELETE" ? `delete [ ${name} ] failed\n` : `[[${name}]] failed\n`);
    return false;
  }
  return true;
}
