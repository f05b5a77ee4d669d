import { DefinitionError, type OpKind, type OpNode, type Problem, type Source } from "./definition.ts";
import {
  checkKnown,
  checkName,
  childOf,
  completionOf,
  lineOf,
  nameOf,
  nodesIn,
  type Placed,
  report,
  rootsOf,
} from "./reading.ts";

const KINDS: ReadonlyMap<string, OpKind> = new Map([
  ["node", "node"],
  ["tagNode", "tag"],
  ["leafNode", "leaf"],
]);

/**
 * Reads operational commands from op mode definitions. First words (show, restart, ...) belong to another package: they may
 * carry neither properties nor a command. A word may be there as node and as tagNode (`show x`, `show x <name>`). Throws
 * DefinitionError with every problem of all files.
 */
export function readOp(sources: readonly Source[]): OpNode[] {
  const problems: Problem[] = [];
  const nodes = rootsOf(sources, problems).map((root) => readNode(root, true));
  checkDoubles(nodes, [], problems);
  if (problems.length > 0) throw new DefinitionError(problems);
  return nodes;
}

function readNode({ element, place }: Placed, first: boolean): OpNode {
  checkName(element, place);
  const kind = KINDS.get(element.name) ?? "node";
  checkKnown(element, place, ["name"], ["properties", "command", ...(kind === "leaf" ? [] : ["children"])]);
  const properties = childOf(element, "properties", place);
  if (properties !== undefined) checkKnown(properties, place, [], ["help", "completionHelp"]);
  const below = nodesIn(childOf(element, "children", place), place);
  const command = childOf(element, "command", place);
  const help = lineOf(properties, "help", place);
  if (first && (properties !== undefined || command !== undefined))
    report(place, `"${nameOf(element)}" belongs to another package: no properties, no command`);
  if (!first && help === "") report(place, "help is missing");
  if (command === undefined && below.length === 0) report(place, "neither a command nor children");
  return {
    name: nameOf(element),
    kind,
    file: place.file,
    help,
    completion: completionOf(properties, place),
    command: command === undefined ? undefined : lineOf(element, "command", place),
    children: below.map((child) => readNode(child, false)),
  };
}

function checkDoubles(nodes: readonly OpNode[], path: readonly string[], problems: Problem[]): void {
  for (const [index, node] of nodes.entries()) {
    const here = [...path, node.name];
    const earlier = nodes.slice(0, index).find((other) => other.name === node.name && !isPair(other, node));
    if (earlier !== undefined) report({ file: node.file, path: here, problems }, `defined twice (also in ${earlier.file})`);
    checkDoubles(node.children, here, problems);
  }
}

function isPair(a: OpNode, b: OpNode): boolean {
  return (a.kind === "node" && b.kind === "tag") || (a.kind === "tag" && b.kind === "node");
}
