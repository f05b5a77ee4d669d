import { type ConfigTree, EMPTY_TREE } from "../config/config-tree.ts";
import { parseCurly } from "../config/parse-curly.ts";
import { isSetForm, parseSetCommands } from "../config/parse-set-commands.ts";
import type { NodeTemplate } from "./node-template.ts";
import type { SessionWorld } from "./session.ts";

/** A configuration file that cannot be used. */
export class FileError extends Error {}

/**
 * What a file in config.boot form, or of `set` lines, says about the nodes the templates know; other sections are none of a session's business.
 * Throws FileError when there is no such file, ConfigSyntaxError when it is no configuration.
 */
export async function readConfigFile(world: SessionWorld, templates: NodeTemplate, file: string): Promise<ConfigTree> {
  const text = await world.host.read(file);
  if (text === undefined) throw new FileError(`there is no file ${file}`);
  const tree = isSetForm(text) ? parseSetCommands(text, file) : parseCurly(text, file).tree;
  return { children: new Map([...tree.children].filter(([name]) => templates.children.has(name))) };
}

/** The saved configuration; empty when nothing was saved yet. */
export async function savedTree(world: SessionWorld, templates: NodeTemplate): Promise<ConfigTree> {
  if ((await world.host.read(world.paths.configBoot)) === undefined) return EMPTY_TREE;
  return readConfigFile(world, templates, world.paths.configBoot);
}

/** The file that `save NAME` and `load NAME` mean: a bare name stands beside config.boot, anything with a slash is taken as it is. */
export function fileCalled(world: SessionWorld, name: string | undefined): string {
  if (name === undefined) return world.paths.configBoot;
  return name.includes("/") ? name : world.paths.configBoot.replace(/[^/]*$/, name);
}
