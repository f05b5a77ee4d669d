/** A terminal's width: what can be wrapped is wrapped to it. */
export const WIDTH = 80;

const GAP = 2;

/**
 * A column of a text table. At most one may be `flexible`: its cells are wrapped so that the table fits. What is `spare` is left
 * out where it does not, from the right.
 */
export interface Column {
  readonly title: string;
  readonly align?: "right";
  readonly flexible?: boolean;
  readonly spare?: boolean;
}

/** Narrower than this nothing can be read; the table is then wider than the terminal. */
const NARROWEST = 18;

/** Rows under titles, aligned with blanks. A cell may have several lines. Every line ends with a line feed. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[], width = WIDTH): string {
  const widths = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => widest(row[i] ?? ""))));
  const flexible = columns.findIndex((column) => column.flexible === true);
  const others = widths.reduce((sum, one, i) => (i === flexible ? sum : sum + one + GAP), flexible < 0 ? -GAP : 0);
  const least = flexible < 0 ? 0 : longestPiece(rows.map((row) => row[flexible] ?? ""));
  const spare = columns.map((column) => column.spare === true).lastIndexOf(true);
  // What is to be left out has to go before a cell is broken that need not be narrower than this.
  const narrow = flexible < 0 ? 0 : Math.max(least, Math.min(NARROWEST, widths[flexible] ?? 0));
  if (spare >= 0 && others + narrow > width)
    return formatTable(
      columns.filter((_, i) => i !== spare),
      rows.map((row) => row.filter((_, i) => i !== spare)),
      width,
    );
  if (flexible >= 0) widths[flexible] = Math.min(widths[flexible] ?? 0, Math.max(NARROWEST, width - others));
  const lines = rows.flatMap((row) => rowLines(columns, row, widths));
  // Broken lines are mostly shorter than they might be.
  const title = columns[flexible]?.title;
  if (title !== undefined) widths[flexible] = Math.max(title.length, ...lines.map((cells) => (cells[flexible] ?? "").length));
  return [columns.map((column) => column.title), ...lines].map((cells) => formatLine(columns, cells, widths)).join("");
}

function widest(cell: string): number {
  return Math.max(...cell.split("\n").map((line) => line.length));
}

/** What cannot be wrapped further. */
function longestPiece(cells: readonly string[]): number {
  return Math.max(0, ...cells.flatMap((cell) => cell.split("\n").flatMap((line) => wrap(line, 1).map((piece) => piece.length))));
}

function rowLines(columns: readonly Column[], row: readonly string[], widths: readonly number[]): string[][] {
  const cells = columns.map((column, i) =>
    (row[i] ?? "").split("\n").flatMap((line) => (column.flexible === true ? wrap(line, widths[i] ?? WIDTH) : [line])),
  );
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ""));
}

function formatLine(columns: readonly Column[], cells: readonly string[], widths: readonly number[]): string {
  const padded = columns.map((column, i) => {
    const cell = cells[i] ?? "";
    return column.align === "right" ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
  });
  return `${padded.join(" ".repeat(GAP)).trimEnd()}\n`;
}

/** Breaks at blanks, and in long lists behind commas that are in no word's brackets; a longer piece stands alone and sticks out. */
export function wrap(text: string, width: number): string[] {
  const pieces = text.match(/(?:\([^ )]*\)|[^ ,])*(?:,| +|$)/g)?.filter((piece) => piece !== "") ?? [];
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces) {
    if (line !== "" && (line + piece).trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line.trimEnd()];
}

/** `Label      value` lines, indented; long values go on under themselves. Pairs without a value are left out. */
export function formatFields(fields: readonly (readonly [label: string, value: string | undefined])[], whole = WIDTH): string {
  const present = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(0, ...present.map(([label]) => label.length));
  return present
    .flatMap(([label, value]) =>
      value
        .split("\n")
        .flatMap((line) => wrap(line, whole - width - 4))
        .map((line, i) => `  ${(i === 0 ? label : "").padEnd(width)}  ${line}`.trimEnd()),
    )
    .map((line) => `${line}\n`)
    .join("");
}
