import { runLine } from "./commands.ts";
import { isChanged } from "./level-commands.ts";
import type { Session, SessionWorld } from "./session.ts";

/**
 * Runs commands one per line. The first that fails ends the batch: its line is named, and what was committed before it. True
 * when all went well.
 */
export async function runBatch(
  session: Session,
  world: SessionWorld,
  lines: AsyncIterable<string> | Iterable<string>,
  source: string,
): Promise<boolean> {
  let number = 0;
  let committed: number | undefined;
  for await (const line of lines) {
    number++;
    const before = session.running;
    const outcome = await runLine(session, world, line.replace(/\r$/, ""));
    if (outcome === "end") return true;
    if (outcome === "failed") {
      const done = committed === undefined ? "nothing was committed" : `what was committed in line ${committed} stays committed`;
      world.err(`${source}, line ${number}: "${line.trim()}" failed; the rest was not run, ${done}\n`);
      return false;
    }
    if (session.running !== before) committed = number;
  }
  if (isChanged(session))
    world.err(`${source}: it ends with uncommitted changes; they are discarded. A last line "commit" applies them\n`);
  return true;
}
