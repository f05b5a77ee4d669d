import { suggest } from "../config/suggest.ts";
import { completions } from "./expand-path.ts";
import { knownLength, placeOf } from "./place.ts";
import { sayAmbiguous, sayBlock } from "./say.ts";
import type { Session, SessionWorld } from "./session.ts";

/**
 * Says where a path leaves the templates and gives true; false when all of it is known. The words before the wrong one are
 * those below the edit level, as the engine prints them.
 */
export function sayPathProblem(
  session: Session,
  world: SessionWorld,
  path: readonly string[],
  verb: string,
  existing: boolean,
): boolean {
  const known = knownLength(session.templates, path);
  if (known === path.length) return false;
  const wrong = path[known] ?? "";
  const before = path
    .slice(session.level.length, known)
    .map((word) => `${word} `)
    .join("");
  const candidates = completions(session, path.slice(0, known), wrong, existing);
  if (candidates.length > 1) {
    const children = placeOf(session.templates, path.slice(0, known))?.template.children;
    const names = candidates.map((item) => ({ item, help: children?.get(item)?.help ?? "" }));
    sayAmbiguous(world.err, `Configuration path: ${before}[${wrong}] is ambiguous`, names, verb);
  } else {
    const meant = suggest(wrong, completions(session, path.slice(0, known), "", existing));
    sayBlock(world.err, [`Configuration path: ${before}[${wrong}] is not valid${meant}`, `${verb} failed`]);
  }
  return true;
}
