/** Colours by what they say. Which a terminal has for them is the screen's business. */
export type Tone = "good" | "bad" | "care" | "faint";

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

export type Line = readonly Span[];

/** A column of a table. One may be `flexible`: its cells are cut so that lines fit, and where there is no room it goes. */
export interface Column {
  readonly title: string;
  readonly right?: boolean;
  readonly flexible?: boolean;
}

const GAP = 2;

/** A cell that is cut shorter than this says nothing: the column is left out. */
const LEAST = 6;

/** Titles and rows as lines that are at most `width` wide. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly (string | Span)[])[], width: number): Line[] {
  const cells = [columns.map(({ title }): Span => ({ text: title, tone: "faint" })), ...rows.map((row) => row.map(spanOf))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.text.length ?? 0)));
  const others = widths.reduce((sum, one, i) => sum + (columns[i]?.flexible === true ? 0 : one) + GAP, -GAP);
  const flexible = columns.findIndex((column) => column.flexible === true);
  if (flexible >= 0 && width - others < Math.min(LEAST, widths[flexible] ?? 0)) {
    const without = <T>(all: readonly T[]): T[] => all.filter((_, i) => i !== flexible);
    return tableLines(without(columns), rows.map(without), width);
  }
  return cells.map((row) =>
    cutLine(
      columns.flatMap((column, i): Span[] => {
        const cell = row[i] ?? { text: "" };
        const own = column.flexible === true ? Math.max(0, Math.min(widths[i] ?? 0, width - others)) : (widths[i] ?? 0);
        const text = cut(cell.text, own);
        const padded = column.right === true ? text.padStart(own) : text.padEnd(own);
        return [...(i === 0 ? [] : [{ text: " ".repeat(GAP) }]), { ...cell, text: padded }];
      }),
      width,
    ),
  );
}

/** A line, cut at the right edge. */
export function cutLine(line: Line, width: number): Line {
  let room = width;
  return line.map((span) => {
    const text = span.text.length <= room ? span.text : cut(span.text, room);
    room = Math.max(0, room - text.length);
    return { ...span, text };
  });
}

/** Cut text ends with two dots: every terminal has them. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 2 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 2)}..`;
}

function spanOf(cell: string | Span): Span {
  return typeof cell === "string" ? { text: cell } : cell;
}
