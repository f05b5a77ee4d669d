/**
 * Says what in a pattern lies outside the subset that POSIX extended regular expressions (regcomp with REG_EXTENDED, which
 * the engine uses) and JavaScript (the embedded session) read alike; `undefined` when nothing does.
 *
 * In: printable ASCII, groups, `|` between things that are not empty, `.`, sets of plain characters and ranges, `* + ?`
 * `{n}` `{n,m}` once after a thing, `\` before one of `.*+?()[]{}|^$\`. Out: anchors (the compiler adds them), classes like
 * [:alpha:] and \d, back-references, `(?`, lazy quantifiers, `\` in sets (a letter to POSIX, an escape to JavaScript).
 */
export function ereProblem(pattern: string): string | undefined {
  const odd = /[^ -~]/.exec(pattern);
  if (odd !== null) return `"${odd[0]}" is not printable ASCII`;
  let rest = pattern;
  let depth = 0;
  let thing = false;
  const take = (token: RegExp): string | undefined => {
    const found = token.exec(rest)?.[0];
    if (found !== undefined) rest = rest.slice(found.length);
    return found;
  };
  const quantify = (): string | undefined => {
    const bounds = /^\{(\d+)(?:,(\d*))?\}/.exec(rest);
    if (bounds?.[2] && Number(bounds[2]) < Number(bounds[1])) return `"${bounds[0]}" is backwards`;
    if (bounds !== null && Math.max(Number(bounds[1]), Number(bounds[2] ?? 0)) > 255) return `"${bounds[0]}" is more than 255`;
    if (take(/^([*+?]|\{\d+(,\d*)?\})/) !== undefined && /^[*+?{]/.test(rest)) return `"${rest[0]}" after a quantifier`;
    thing = true;
    return undefined;
  };
  while (rest !== "") {
    if (take(/^\(/) !== undefined) {
      if (rest.startsWith("?")) return '"(?" is not a group of POSIX';
      depth++;
      thing = false;
    } else if (rest.startsWith("|") || rest.startsWith(")")) {
      if (!thing) return `nothing before "${rest[0]}"`;
      if (rest.startsWith(")") && --depth < 0) return '")" without "("';
      const closed = take(/^[|)]/) === ")";
      const problem = closed ? quantify() : undefined;
      if (problem !== undefined) return problem;
      thing = closed;
    } else if (rest.startsWith("[")) {
      const set = take(/^\[\^?[^\][\\^]*\]/);
      if (set === undefined || /^\[\^?\]$/.test(set)) return `the set at "${rest}" is not plain characters and ranges`;
      const problem = setProblem(set) ?? quantify();
      if (problem !== undefined) return problem;
    } else if (take(/^(\\[.*+?()[\]{}|^$\\]|[^\\^$*+?{}\]])/) !== undefined) {
      const problem = quantify();
      if (problem !== undefined) return problem;
    } else {
      return `"${rest.slice(0, 2)}" is outside the subset`;
    }
  }
  if (depth > 0) return '"(" without ")"';
  return thing ? undefined : "nothing at the end";
}

/** A range has to go up; `-` stands for itself at the end of a set only. */
function setProblem(set: string): string | undefined {
  let items = set.slice(set.startsWith("[^") ? 2 : 1, -1);
  while (items !== "") {
    const range = /^(.)-(.)/.exec(items);
    if (items.startsWith("-") && items !== "-") return `"-" inside "${set}": put it last`;
    if (range !== null && (range[1] ?? "") > (range[2] ?? "")) return `the range "${range[0]}" in "${set}" is backwards`;
    items = items.slice(range === null ? 1 : 3);
  }
  return undefined;
}
