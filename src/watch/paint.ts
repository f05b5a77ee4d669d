import type { Line, Tone } from "./table.ts";

/** Of ECMA-48 (SGR): colours of the first eight, which everybody's terminal shows readably. */
const CODES: Readonly<Record<Tone, string>> = { good: "32", bad: "31", care: "33", faint: "2" };

/** A line as a terminal takes it. Without colours it is only text: nothing is said by colour alone. */
export function paint(line: Line, colours: boolean): string {
  return line
    .map(({ text, tone }) =>
      colours && tone !== undefined && text.trim() !== "" ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text,
    )
    .join("")
    .trimEnd();
}
