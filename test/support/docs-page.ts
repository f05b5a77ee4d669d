/**
 * What a page of the documentation shows of the program, as a test can do it again.
 *
 * A fenced block ```console holds lines `$ command` (and `> more of it`) with the output below each. What has to be done before
 * stands in a comment:
 *
 *     <!-- lab
 *     example failover          the configuration of an example, instead of what there was
 *     set policy-route ...      lines typed into a configuration session and committed; delete ... too
 *     down eth1 · up eth1       the far end of that line loses its carrier, or has it again
 *     ask 443 3                 so many connections from the LAN to this TCP port
 *     monitor                   policy-route monitor runs, until the page ends
 *     ! command                 a shell command on the router
 *     until command             it is repeated until it succeeds
 *     -->
 */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "setup"; readonly text: string; readonly lines: readonly string[] }
  | { readonly kind: "console"; readonly runs: readonly ShownRun[] };

/** A command and what the page says that it prints, without the last newline. */
export interface ShownRun {
  /** The lines as they stand, prompts included. */
  readonly line: string;
  readonly command: string;
  readonly output: string;
}

const PROMPT = /^\$ (.*)$/;

/** Cuts a page into what is run and what is not; `join` of the pieces gives the page again. */
export function readPage(page: string): Piece[] {
  const pieces: Piece[] = [];
  const between = /<!-- lab\n([\s\S]*?)-->|```console\n([\s\S]*?)```/g;
  let at = 0;
  for (const match of page.matchAll(between)) {
    pieces.push({ kind: "text", text: page.slice(at, match.index) });
    at = match.index + match[0].length;
    const [whole, setup, console] = match;
    if (setup !== undefined) pieces.push({ kind: "setup", text: whole, lines: setup.split("\n").filter((line) => line !== "") });
    else pieces.push({ kind: "console", runs: readConsole(console ?? "") });
  }
  pieces.push({ kind: "text", text: page.slice(at) });
  return pieces;
}

function readConsole(text: string): ShownRun[] {
  const runs: { line: string; command: string; output: string[] }[] = [];
  for (const line of text.replace(/\n$/, "").split("\n")) {
    const command = PROMPT.exec(line)?.[1];
    const last = runs.at(-1);
    if (command !== undefined) runs.push({ line, command, output: [] });
    else if (last !== undefined && last.output.length === 0 && line.startsWith("> ")) {
      last.line += `\n${line}`;
      last.command += `\n${line.slice(2)}`;
    } else if (last === undefined) throw new Error(`a console block begins with "$ command", not with: ${line}`);
    else last.output.push(line);
  }
  return runs.map((run) => ({ ...run, output: run.output.join("\n").trimEnd() }));
}

/** The page that the pieces make. */
export function joinPage(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (piece.kind === "console" ? consoleText(piece.runs) : piece.text)).join("");
}

function consoleText(runs: readonly ShownRun[]): string {
  const texts = runs.map(({ line, output }) => (output === "" ? `${line}\n` : `${line}\n${output}\n`));
  // A blank line after an output, so that the next command is seen.
  const spaced = texts.map((text, i) => (i < texts.length - 1 && runs[i]?.output !== "" ? `${text}\n` : text));
  return `\`\`\`console\n${spaced.join("")}\`\`\``;
}

/** An output without what is another at each run: times, leased addresses, counters, and the widths of columns that follow from them. */
export function steady(output: string): string {
  return output
    .replace(/\b\d{4}-\d\d-\d\d\b/g, "DATE")
    .replace(/\b(\d+d )?\d\d:\d\d(:\d\d(\.\d+)?)?\b/g, "TIME")
    .replace(/\b198\.51\.100\.(5\d|60)\b/g, "LEASED")
    .replace(/\b\d+(\.\d+)? (ms|s|seconds|packets?|connections?|bytes)\b/g, "N $2")
    .replace(/\b[\d.,]+ ([KMG]i)?B\b/g, "BYTES")
    .replace(/\b\d+ +BYTES/g, "N BYTES")
    .replace(/\b\d[\d,]*$/gm, "N")
    .replace(/0x[0-9a-f]{16}/g, "HASH")
    .replace(/-{3,}/g, "---")
    .replace(/[ \t]+/g, " ")
    .replace(/ $/gm, "")
    .trim();
}
