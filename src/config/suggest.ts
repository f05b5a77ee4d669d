/** Number of edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment distance. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (cells: readonly number[], index: number) => cells[index] ?? Number.POSITIVE_INFINITY;
      let best = Math.min(at(row, j - 1) + 1, at(previous, j) + 1, at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(beforePrevious, j - 2) + 1);
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** ` (did you mean "dsl"?)` for the nearest known word, or nothing when none is near. Begins with a space. */
export function suggest(word: string, known: Iterable<string>): string {
  if (word.length > 40) return "";
  const limit = Math.max(1, Math.floor(word.length / 3));
  let nearest: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) nearest = { word: candidate, distance };
  }
  return nearest === undefined ? "" : ` (did you mean "${nearest.word}"?)`;
}

/** So many names are told when none is near. */
const SOME = 6;

/**
 * `uplink "dls" is not configured (did you mean "dsl"?)`, and where no name is near, those that there are. `instead`: what is known
 * of the name otherwise.
 */
export function notConfigured(
  what: "uplink" | "group" | "rule" | "table",
  name: string,
  known: readonly string[],
  instead?: string,
): string {
  const others = known.length === 0 ? ` (there is no ${what})` : ` (configured: ${someOf(known)})`;
  return `${what} "${name}" is not configured${instead === undefined ? suggest(name, known) || others : ` (${instead})`}`;
}

/** `dsl, lte`; of many the first, and how many more. */
export function someOf(names: readonly string[]): string {
  return names.slice(0, SOME).join(", ") + (names.length > SOME ? `, and ${names.length - SOME} more` : "");
}
