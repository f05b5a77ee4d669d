import type { Completion, Problem, Source } from "./definition.ts";
import { type Element, parseElement } from "./element.ts";

/** Where in which file an element stands, and the list its problems go to. */
export interface Place {
  readonly file: string;
  readonly path: readonly string[];
  readonly problems: Problem[];
}

export interface Placed {
  readonly element: Element;
  readonly place: Place;
}

const NODES = ["node", "tagNode", "leafNode"];

export function report(place: Place, message: string): void {
  place.problems.push({ file: place.file, path: place.path, message });
}

/** The nodes directly below the root of each file. Files that are no interface definition are reported. */
export function rootsOf(sources: readonly Source[], problems: Problem[]): Placed[] {
  return sources.flatMap(({ file, xml }) => {
    const place: Place = { file, path: [], problems };
    try {
      const root = parseElement(xml);
      if (root.name === "interfaceDefinition") return nodesIn(root, place);
      report(place, `the root has to be interfaceDefinition, not ${root.name}`);
    } catch (error) {
      report(place, (error as Error).message);
    }
    return [];
  });
}

/** The nodes an element holds, with their places; anything else in it is reported. */
export function nodesIn(element: Element | undefined, place: Place): Placed[] {
  if (element === undefined) return [];
  checkKnown(element, place, [], NODES);
  const nodes = element.children.filter(({ name }) => NODES.includes(name));
  return nodes.map((node) => ({ element: node, place: { ...place, path: [...place.path, nameOf(node)] } }));
}

export function nameOf(element: Element): string {
  return element.attributes.get("name") ?? "";
}

/** Reports attributes and child elements the compiler does not know: what is not understood may not be passed over. */
export function checkKnown(element: Element, place: Place, attributes: readonly string[], children: readonly string[]): void {
  for (const attribute of element.attributes.keys()) {
    if (!attributes.includes(attribute)) report(place, `attribute ${attribute} of ${element.name} is not known`);
  }
  for (const child of element.children) {
    if (!children.includes(child.name)) report(place, `element ${child.name} in ${element.name} is not known`);
  }
}

/** Reports a node name that is no plain word; the name becomes a directory and a word the operator types. */
export function checkName(element: Element, place: Place): void {
  if (!/^[a-z0-9-]+$/.test(nameOf(element))) report(place, `the name "${nameOf(element)}" may hold only a-z, 0-9 and -`);
}

/** The only child with this name; a second one is reported. */
export function childOf(element: Element | undefined, name: string, place: Place): Element | undefined {
  const found = element?.children.filter((child) => child.name === name) ?? [];
  if (found.length > 1) report(place, `${name} is given twice`);
  return found[0];
}

/** Text of a child that fills one line of a node.def; reports what would end or split the line. "" when the child is missing. */
export function lineOf(element: Element | undefined, name: string, place: Place): string {
  const text = childOf(element, name, place)?.text ?? "";
  if (/[\n\r]/.test(text)) report(place, `${name} has to be one line`);
  return text;
}

export function completionOf(properties: Element | undefined, place: Place): Completion[] {
  const helps = properties?.children.filter((child) => child.name === "completionHelp") ?? [];
  return helps.flatMap((help) => {
    checkKnown(help, place, [], ["list", "path", "script"]);
    return help.children.map(({ name, text }) => ({ kind: name as Completion["kind"], text }));
  });
}
