import type { ConfigKind, ConfigNode, Constraint, Problem, Source, ValueHelp } from "./definition.ts";
import { DefinitionError } from "./definition.ts";
import type { Element } from "./element.ts";
import {
  checkKnown,
  checkName,
  childOf,
  completionOf,
  lineOf,
  nameOf,
  nodesIn,
  type Place,
  type Placed,
  report,
  rootsOf,
} from "./reading.ts";

const PROPERTIES = [
  "help",
  "constraint",
  "constraintErrorMessage",
  "valueHelp",
  "completionHelp",
  "valueless",
  "multi",
  "priority",
];

/** A node as one file gives it; `defined` when the file says what it is, not only what is below it. */
type Part = ConfigNode & { readonly defined: boolean; readonly place: Place; readonly children: readonly Part[] };

/**
 * Reads configuration nodes from interface definitions. Several files may add children to one container; one of them says
 * what the container is. Throws DefinitionError with every problem of all files.
 */
export function readConfig(sources: readonly Source[]): ConfigNode[] {
  const problems: Problem[] = [];
  const nodes = merge(rootsOf(sources, problems).map(readNode));
  checkOwners(nodes, problems);
  if (problems.length > 0) throw new DefinitionError(problems);
  return nodes;
}

function readNode({ element, place }: Placed): Part {
  checkName(element, place);
  const elements = [
    "properties",
    ...(element.name === "node" ? [] : ["defaultValue"]),
    ...(element.name === "leafNode" ? [] : ["children"]),
  ];
  checkKnown(element, place, ["name", "owner"], elements);
  const properties = childOf(element, "properties", place);
  if (properties !== undefined) checkKnown(properties, place, [], PROPERTIES);
  return {
    name: nameOf(element),
    kind: kindOf(element, properties, place),
    defined: properties !== undefined || element.attributes.has("owner"),
    place,
    file: place.file,
    help: lineOf(properties, "help", place),
    valueHelp: valueHelpOf(properties, place),
    completion: completionOf(properties, place),
    constraint: constraintOf(properties, place),
    constraintErrorMessage: lineOf(properties, "constraintErrorMessage", place),
    defaultValue: childOf(element, "defaultValue", place)?.text,
    priority: childOf(properties, "priority", place)?.text,
    owner: element.attributes.get("owner"),
    children: nodesIn(childOf(element, "children", place), place).map(readNode),
  };
}

function kindOf(element: Element, properties: Element | undefined, place: Place): ConfigKind {
  const valueless = childOf(properties, "valueless", place) !== undefined;
  const multi = childOf(properties, "multi", place) !== undefined;
  if (element.name !== "leafNode") {
    if (valueless || multi) report(place, "valueless and multi are for leafNode only");
    return element.name === "tagNode" ? "tag" : "node";
  }
  if (valueless && multi) report(place, "valueless and multi exclude each other");
  return valueless ? "flag" : multi ? "multi" : "leaf";
}

function valueHelpOf(properties: Element | undefined, place: Place): ValueHelp[] {
  const helps = properties?.children.filter((child) => child.name === "valueHelp") ?? [];
  return helps.map((help) => {
    checkKnown(help, place, [], ["format", "description"]);
    return { format: lineOf(help, "format", place), description: lineOf(help, "description", place) };
  });
}

function constraintOf(properties: Element | undefined, place: Place): Constraint[] {
  const constraint = childOf(properties, "constraint", place);
  if (constraint === undefined) return [];
  checkKnown(constraint, place, [], ["regex", "validator"]);
  return constraint.children.map((element): Constraint => {
    if (element.name === "regex") return { kind: "regex", regex: element.text };
    checkKnown(element, place, ["name", "argument"], []);
    return { kind: "validator", name: nameOf(element), argument: element.attributes.get("argument") ?? "" };
  });
}

/** Puts what several files say of one container together. */
function merge(parts: readonly Part[]): ConfigNode[] {
  const groups = new Map<string, Part[]>();
  for (const part of parts) groups.set(part.name, [...(groups.get(part.name) ?? []), part]);
  return [...groups.values()].map((group) => {
    const [main = group[0] as Part, second] = group.filter((part) => part.defined);
    const odd = second ?? group.find((part) => part.kind !== main.kind);
    if (odd !== undefined) report(odd.place, `defined twice (also in ${main.file})`);
    if (main.help === "") report(main.place, "help is missing");
    const { name, kind, file, help, valueHelp, completion, constraint, constraintErrorMessage, defaultValue, priority, owner } =
      main;
    const children = merge(group.flatMap((part) => part.children));
    return {
      name,
      kind,
      file,
      help,
      valueHelp,
      completion,
      constraint,
      constraintErrorMessage,
      defaultValue,
      priority,
      owner,
      children,
    };
  });
}

/**
 * One owner and one priority for each top node, both on it: a priority further down makes the engine commit, and fail, the
 * parts of one feature one by one (measured on VyOS's engine).
 */
function checkOwners(nodes: readonly ConfigNode[], problems: Problem[], path: readonly string[] = []): void {
  for (const node of nodes) {
    const place = { file: node.file, path: [...path, node.name], problems };
    const top = path.length === 0;
    if (top && (node.owner === undefined || node.priority === undefined))
      report(place, "the top node needs an owner and a priority");
    if (!top && node.owner !== undefined) report(place, "a second owner: only the top node has one");
    if (!top && node.priority !== undefined) report(place, "a second priority: only the top node has one");
    if (node.priority !== undefined && !/^[1-9][0-9]{0,3}$/.test(node.priority))
      report(place, `priority "${node.priority}" is not a number 1-9999`);
    checkOwners(node.children, problems, place.path);
  }
}
