import type { Host } from "../host/host.ts";
import type { NodeTemplate, OpTemplate } from "./node-template.ts";
import { parseNodeDef, parseOpNodeDef } from "./parse-node-def.ts";

/**
 * Reads the tree of config templates (`PROGRAM/templates/config`, one folder per component such as `policy-route`). The root
 * that is returned is a node without name. Throws TemplateError for a malformed file.
 */
export async function loadConfigTemplates(host: Host, program: string): Promise<NodeTemplate> {
  const folder = `${program}/templates/config`;
  return parseNodeDef("", folder, await loadChildren(host, folder));
}

async function loadChildren(host: Host, folder: string): Promise<ReadonlyMap<string, NodeTemplate>> {
  const entries = await Promise.all(
    (await subfolders(host, folder)).map(async (name) => {
      const file = `${folder}/${name}/node.def`;
      const text = (await host.read(file)) ?? "";
      const values = /^tag:/m.test(text) ? `${folder}/${name}/node.tag` : `${folder}/${name}`;
      return [name, parseNodeDef(text, file, await loadChildren(host, values))] as const;
    }),
  );
  return new Map(entries);
}

/** Reads the tree of op-mode templates (`PROGRAM/templates/op`, one folder per first word such as `show`). */
export async function loadOpTemplates(host: Host, program: string): Promise<OpTemplate> {
  return loadOp(host, `${program}/templates/op`);
}

async function loadOp(host: Host, folder: string): Promise<OpTemplate> {
  const names = await subfolders(host, folder);
  const children = names.filter((name) => name !== "node.tag");
  const entries = await Promise.all(children.map(async (name) => [name, await loadOp(host, `${folder}/${name}`)] as const));
  const tag = names.includes("node.tag") ? await loadOp(host, `${folder}/node.tag`) : undefined;
  const file = `${folder}/node.def`;
  return parseOpNodeDef((await host.read(file)) ?? "", file, new Map(entries), tag);
}

/** Template folders hold nothing but node.def files and folders. */
async function subfolders(host: Host, folder: string): Promise<readonly string[]> {
  return (await host.list(folder)).filter((name) => name !== "node.def" && !name.startsWith("."));
}
