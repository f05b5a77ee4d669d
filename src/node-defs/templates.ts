import { type ConfigNode, DefinitionError, type OpNode, type Problem, type Source } from "./definition.ts";
import { configNodeDef, opNodeDef } from "./node-def-text.ts";
import { readConfig } from "./read-config.ts";
import { readOp } from "./read-op.ts";

/**
 * Compiles interface definitions to node.def files: path below templates/ -> text. Files whose name starts with `op-` hold
 * operational commands, all others configuration. Throws DefinitionError with every problem found.
 */
export function compileTemplates(sources: readonly Source[]): Map<string, string> {
  const isOp = (source: Source): boolean => source.file.startsWith("op-");
  const problems: Problem[] = [];
  const files = new Map<string, string>();
  const attempt = (compile: () => void): void => {
    try {
      compile();
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      problems.push(...error.problems);
    }
  };
  attempt(() => addConfig(readConfig(sources.filter((source) => !isOp(source))), "config", [], files, problems));
  attempt(() => addOp(readOp(sources.filter(isOp)), "op", files));
  if (problems.length > 0) throw new DefinitionError(problems);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addConfig(
  nodes: readonly ConfigNode[],
  folder: string,
  path: readonly string[],
  files: Map<string, string>,
  problems: Problem[],
): void {
  for (const node of nodes) {
    const here = [...path, node.name];
    const at = `${folder}/${node.name}`;
    const text = configNodeDef(node, (message) => problems.push({ file: node.file, path: here, message }));
    files.set(`${at}/node.def`, text);
    addConfig(node.children, node.kind === "tag" ? `${at}/node.tag` : at, here, files, problems);
  }
}

/**
 * A tag's own word gets a node.def with the help only, unless a node of the same name gives it; its value lies in node.tag.
 * A word without help is another package's and gets no file.
 */
function addOp(nodes: readonly OpNode[], folder: string, files: Map<string, string>): void {
  for (const node of nodes) {
    const word = `${folder}/${node.name}`;
    const at = node.kind === "tag" ? `${word}/node.tag` : word;
    if (node.help !== "") files.set(`${at}/node.def`, opNodeDef(node));
    if (node.kind === "tag" && !nodes.some((other) => other.name === node.name && other.kind === "node")) {
      files.set(`${word}/node.def`, opNodeDef({ ...node, completion: [], command: undefined }));
    }
    addOp(node.children, at, files);
  }
}
