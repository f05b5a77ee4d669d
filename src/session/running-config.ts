import type { ConfigTree } from "../config/config-tree.ts";
import { parseSetCommands } from "../config/parse-set-commands.ts";
import { renderSetCommands } from "../config/render-tree.ts";
import { withDefaults } from "./defaults.ts";
import { kindsOf } from "./kind-of.ts";
import type { NodeTemplate } from "./node-template.ts";
import type { SessionWorld } from "./session.ts";

/** The running configuration of embedded sessions; `undefined` when nothing was committed since the machine started. */
export async function readRunning(world: SessionWorld): Promise<ConfigTree | undefined> {
  const text = await world.host.read(world.paths.activeConfig);
  return text === undefined ? undefined : parseSetCommands(text, world.paths.activeConfig);
}

/** Makes a configuration the running one. The file is replaced atomically. */
export async function writeRunning(world: SessionWorld, tree: ConfigTree, root: NodeTemplate): Promise<void> {
  await world.host.write(world.paths.activeConfig, renderSetCommands(tree, kindsOf(root)), 0o644);
}

/** Lays the two configurations into the session folder where actions and scripts look, defaults included as the engine gives them. */
export async function offerToActions(
  world: SessionWorld,
  root: NodeTemplate,
  running: ConfigTree,
  working: ConfigTree,
): Promise<void> {
  const text = (tree: ConfigTree) => (tree.children.size === 0 ? "" : renderSetCommands(withDefaults(tree, root), kindsOf(root)));
  await world.host.write(`${world.folder}/active.config`, text(running), 0o600);
  await world.host.write(`${world.folder}/proposed.config`, text(working), 0o600);
}
