import type { NodeTemplate } from "./node-template.ts";

/** Where a path of words ends: at a node, or (`isValue`) at a value of a tag, leaf or multi. */
export interface Place {
  readonly template: NodeTemplate;
  readonly isValue: boolean;
}

/** The place one word further; `undefined` when the templates have no such word there. Values are not checked. */
export function step(place: Place, word: string): Place | undefined {
  if (hasNamedChildren(place)) {
    const child = place.template.children.get(word);
    return child === undefined ? undefined : { template: child, isValue: false };
  }
  return place.isValue ? undefined : { template: place.template, isValue: true };
}

/** Whether the words below are node names of the templates, not values. */
export function hasNamedChildren(place: Place): boolean {
  return place.template.kind === "node" || (place.template.kind === "tag" && place.isValue);
}

export function placeOf(root: NodeTemplate, words: readonly string[]): Place | undefined {
  let place: Place | undefined = { template: root, isValue: false };
  for (const word of words) place = place === undefined ? undefined : step(place, word);
  return place;
}

/** How many words of the path the templates know. */
export function knownLength(root: NodeTemplate, words: readonly string[]): number {
  let place: Place | undefined = { template: root, isValue: false };
  for (const [index, word] of words.entries()) {
    place = step(place, word);
    if (place === undefined) return index;
  }
  return words.length;
}
