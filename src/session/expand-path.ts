import { treeBelow } from "../config/build-tree.ts";
import { hasNamedChildren, placeOf, step } from "./place.ts";
import type { Session } from "./session.ts";

/**
 * The full path of what an operator typed: the edit level in front, abbreviated node names written out. A word is written out
 * when it is the beginning of one name only; a full name always stands for itself. `existing` looks among the nodes that
 * are configured (delete, show), as the engine does.
 */
export function expandPath(session: Session, words: readonly string[], existing: boolean): readonly string[] {
  let path = session.level;
  for (const word of words) {
    const candidates = completions(session, path, word, existing);
    const only = candidates.includes(word) ? word : candidates.length === 1 ? candidates[0] : undefined;
    path = [...path, only ?? word];
  }
  return path;
}

/** Names that could stand after a path and begin with the word; none where a value is expected. */
export function completions(session: Session, path: readonly string[], word: string, existing: boolean): readonly string[] {
  const place = placeOf(session.templates, path);
  if (place === undefined || !hasNamedChildren(place)) return [];
  const configured = treeBelow(session.working, path);
  const names = existing ? [...(configured?.children.keys() ?? [])] : [...place.template.children.keys()];
  return names.filter((name) => name.startsWith(word) && step(place, name) !== undefined).sort();
}
