import type { ConfigTree } from "../config/config-tree.ts";
import { type CheckContext, checkValue } from "./check-value.ts";
import { type Place, placeOf } from "./place.ts";
import { lookUpReference } from "./reference.ts";
import type { Session, SessionWorld } from "./session.ts";
import { runTemplateText } from "./template-shell.ts";

/** What checks of the node at `path` see: its neighbours in `tree`. */
export function checkContext(
  session: Session,
  world: SessionWorld,
  tree: ConfigTree,
  path: readonly string[],
  say: (text: string) => void,
): CheckContext {
  return {
    shell: (text) => runTemplateText(world, text),
    program: session.program,
    lookup: (reference) => lookUpReference(tree, session.templates, path, reference),
    say,
  };
}

/** What is checked at a path: its last word when that is a value, else the empty text. References start at the node. */
export function checkAt(
  session: Session,
  world: SessionWorld,
  tree: ConfigTree,
  path: readonly string[],
  place: Place,
  say: (text: string) => void,
): { readonly value: string; readonly context: CheckContext } {
  const isLeafValue = place.isValue && place.template.kind !== "tag";
  const context = checkContext(session, world, tree, isLeafValue ? path.slice(0, -1) : path, say);
  return { value: place.isValue ? (path.at(-1) ?? "") : "", context };
}

/**
 * Whether a path may be set: every value along it is checked, and it has to end at a value or at a node that takes none.
 * Gives what to tell the operator; empty when it is fine.
 */
export async function setProblems(session: Session, world: SessionWorld, path: readonly string[]): Promise<readonly string[]> {
  const said: string[] = [];
  for (let length = 1; length <= path.length; length++) {
    const here = path.slice(0, length);
    const place = placeOf(session.templates, here);
    if (place === undefined) return ["The specified configuration node is not valid"];
    const isEnd = length === path.length;
    if (!place.isValue && !(isEnd && place.template.kind === "node")) {
      if (isEnd) return ["The specified configuration node requires a value"];
      continue;
    }
    const { value, context } = checkAt(session, world, session.working, here, place, (text) => said.push(text));
    if (!(await checkValue(place.template, value, context))) return [...said, "Value validation failed"];
  }
  return [];
}
