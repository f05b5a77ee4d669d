import type { LineListener } from "../host/terminal.ts";
import { runLine } from "./commands.ts";
import { askHelp, pressTab } from "./complete-line.ts";
import type { Session, SessionWorld } from "./session.ts";
import { readWords } from "./split-words.ts";

/** What a terminal shows for this session while a line is typed. */
export function lineListener(session: Session, world: SessionWorld): LineListener {
  return {
    tab: (line) => pressTab(session, world, line),
    help: (line) => askHelp(session, world, line),
    isQuoted: (line) => readWords(line).openQuote || line.endsWith("\\"),
    banner: () => `[${["edit", ...session.level].join(" ")}]`,
  };
}

/** Reads and runs commands until the operator leaves. `undefined` from the reader is Ctrl-D, which is `exit`. */
export async function runInteractive(
  session: Session,
  world: SessionWorld,
  readLine: () => Promise<string | undefined>,
): Promise<void> {
  for (;;) {
    const line = await readLine();
    if ((await runLine(session, world, line ?? "exit")) === "end") return;
  }
}
