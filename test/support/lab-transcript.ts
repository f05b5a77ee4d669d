/** A report that is written while things happen. A promise that does not hold is said at once and counted. */
export interface Transcript {
  scene(title: string, why: string): void;
  line(text: string): void;
  /** Lines as a terminal shows them. */
  screen(text: string): void;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  promise(text: string, held: boolean, seen?: string): void;
  /** Says how many promises held; true when all did. */
  close(): boolean;
}

const WIDTH = 96;

/** Writes to `out`; colours only where `colour` says so. */
export function startTranscript(out: (text: string) => void, colour: boolean): Transcript {
  const paint = (code: string, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  let scenes = 0;
  let held = 0;
  const broken: string[] = [];
  return {
    scene(title, why) {
      out(`\n${paint("1", `${++scenes}. ${title}`)}\n${wrap(why)}\n\n`);
    },
    line: (text) => out(`${text}\n`),
    screen(text) {
      out(
        `${text
          .replace(/\n+$/, "")
          .split("\n")
          .map((line) => `    ${line}`.trimEnd())
          .join("\n")}\n`,
      );
    },
    table(head, rows) {
      const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
      const text = (row: readonly string[]) =>
        `    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ")}`.trimEnd();
      out(`${paint("2", text(head))}\n${rows.map(text).join("\n")}\n\n`);
    },
    promise(text, isHeld, seen = "") {
      if (isHeld) held++;
      else broken.push(text);
      out(
        `  ${isHeld ? paint("32", "kept  ") : paint("31", "BROKEN")} ${text}${isHeld || seen === "" ? "" : `\n         seen: ${seen.trim().replaceAll("\n", "\n         ")}`}\n`,
      );
    },
    close() {
      const sum = `${held + broken.length} promises, ${held} kept, ${broken.length} broken`;
      out(`\n${paint(broken.length === 0 ? "1;32" : "1;31", sum)}\n${broken.map((text) => `  broken: ${text}\n`).join("")}`);
      return broken.length === 0;
    },
  };
}

function wrap(text: string): string {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + word.length + 1 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}
