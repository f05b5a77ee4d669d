import { EMPTY_TREE } from "../config/config-tree.ts";
import { CLI_SHELL_API } from "./cli-shell-api.ts";
import { loadConfigTemplates, loadOpTemplates } from "./load-templates.ts";
import { readRunning } from "./running-config.ts";
import { sameConfig } from "./same-trees.ts";
import { savedTree } from "./saved-config.ts";
import type { Session, SessionWorld } from "./session.ts";

/**
 * Opens a session on the running configuration. After a boot there is none: the session starts empty, and says so when a saved
 * one could be loaded. `program` is the folder with `templates` and `libexec`.
 */
export async function openSession(world: SessionWorld, program: string): Promise<Session> {
  const [templates, op] = await Promise.all([loadConfigTemplates(world.host, program), loadOpTemplates(world.host, program)]);
  await world.host.write(`${world.folder}/root`, world.paths.root, 0o600);
  await world.host.write(`${world.folder}/bin/cli-shell-api`, CLI_SHELL_API, 0o700);
  const running = await readRunning(world);
  const session: Session = {
    program,
    templates,
    op,
    running: running ?? EMPTY_TREE,
    working: running ?? EMPTY_TREE,
    level: [],
    unsaved: false,
  };
  if (running === undefined) await sayWhatIsSaved(session, world);
  return session;
}

async function sayWhatIsSaved(session: Session, world: SessionWorld): Promise<void> {
  try {
    if (sameConfig(EMPTY_TREE, await savedTree(world, session.templates), session.templates)) return;
    world.err(
      `Nothing is running yet, but ${world.paths.configBoot} has a policy-route section: "load" and "commit" start it.\n`,
    );
  } catch (error) {
    world.err(
      `Nothing is running yet, and ${world.paths.configBoot} cannot be read: ${error instanceof Error ? error.message : error}\n`,
    );
  }
}
