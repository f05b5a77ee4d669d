import type { ConfigTree } from "../config/config-tree.ts";
import { type CheckContext, checkValue } from "./check-value.ts";
import { placeOf } from "./place.ts";
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
    const nodePath = place.isValue && place.template.kind !== "tag" ? here.slice(0, -1) : here;
    const context = checkContext(session, world, session.working, nodePath, (text) => said.push(text));
    const value = place.isValue ? (here.at(-1) ?? "") : "";
    if (!(await checkValue(place.template, value, context))) return [...said, "Value validation failed"];
  }
  return [];
}
