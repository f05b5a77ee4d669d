/** Where a top-level node stands in a config.boot text: from its name to the end of the line of its closing brace. */
interface Section {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The text is not a configuration: a brace, quote or comment is left open. */
export class SectionError extends Error {}

/**
 * The config.boot text with one top-level section replaced, added in the engine's place (by name) or, when `section` is
 * empty, taken out. Every other byte stays: other sections, comments, the version lines at the end. `section` is the
 * section's own text, `name {` to `}` with its newline. Throws SectionError.
 */
export function replaceSection(text: string, name: string, section: string): string {
  const sections = findSections(text);
  const own = sections.find((one) => one.name === name);
  if (own !== undefined) return text.slice(0, own.start) + section + text.slice(own.end);
  const next = sections.find((one) => one.name > name);
  const at = next?.start ?? sections.at(-1)?.end ?? 0;
  const needsNewline = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  return text.slice(0, at) + needsNewline + section + text.slice(at);
}

function findSections(text: string): readonly Section[] {
  const sections: Section[] = [];
  let depth = 0;
  let start: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    const isLineStart = /^\s*$/.test(text.slice(text.lastIndexOf("\n", at - 1) + 1, at));
    if (isLineStart && text.startsWith("/*", at)) at = skipTo(text, "*/", at, "comment") + 1;
    else if (isLineStart && text.startsWith("//", at)) at = endOfLine(text, at) - 1;
    else if (char === '"') at = skipTo(text, '"', at, "quote");
    else if (char === "{") depth++;
    else if (char === "}") {
      if (--depth < 0) throw new SectionError(`line ${lineOf(text, at)} closes a brace that is not open`);
      if (depth === 0 && start !== undefined) {
        const end = endOfLine(text, at);
        sections.push({ name: /^[^\s{]+/.exec(text.slice(start))?.[0] ?? "", start, end });
        start = undefined;
        at = end - 1;
      }
    } else if (depth === 0 && start === undefined && !/\s/.test(char)) start = at;
  }
  if (depth > 0 || start !== undefined) throw new SectionError("it ends in the middle of a section");
  return sections;
}

function skipTo(text: string, closing: string, from: number, what: string): number {
  const end = text.indexOf(closing, from + 1);
  if (end < 0) throw new SectionError(`a ${what} that starts in line ${lineOf(text, from)} is not closed`);
  return end;
}

function endOfLine(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline < 0 ? text.length : newline + 1;
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}
