import { treeBelow } from "../config/build-tree.ts";
import { type Context, EXIT } from "../context.ts";
import { programFolder } from "../host/program-folder.ts";
import { realSessionFiles } from "../host/session-files.ts";
import { inputLines, isAtTerminal, Terminal } from "../host/terminal.ts";
import { tuneEngine } from "../host/tune-engine.ts";
import { openSession } from "../session/open-session.ts";
import { runBatch } from "../session/run-batch.ts";
import { lineListener, runInteractive } from "../session/run-interactive.ts";
import type { Session, SessionWorld } from "../session/session.ts";

export interface ConfigureOptions {
  /** A file with commands, one per line. */
  readonly script?: string;
  /** The folder with templates and libexec; by default the one the program runs from. */
  readonly program?: string;
}

/**
 * `policy-route configure`: a configuration session on this machine, without an appliance. Interactive on a terminal;
 * otherwise commands come from --script or the standard input, and the first that fails ends it with exit code 1.
 */
export async function run(context: Context, options: ConfigureOptions): Promise<number> {
  const files = realSessionFiles;
  const folder = await files.openFolder(context.paths.run);
  let terminal: Terminal | undefined;
  const world: SessionWorld = {
    ...context,
    files,
    folder,
    runInTerminal:
      options.script === undefined && isAtTerminal()
        ? (argv, env) => terminal?.run(argv, env) ?? Promise.resolve(127)
        : undefined,
  };
  try {
    const session = await openSession(world, options.program ?? programFolder());
    if (world.runInTerminal === undefined) return await batch(session, world, options.script);
    terminal = new Terminal(context.paths.root, lineListener(session, world));
    const opened = terminal;
    await runInteractive(session, world, () => opened.readLine());
    return EXIT.fine;
  } finally {
    terminal?.close();
    await files.removeFolder(folder);
  }
}

async function batch(session: Session, world: SessionWorld, script: string | undefined): Promise<number> {
  if (script === undefined) return (await runBatch(session, world, inputLines(), "standard input")) ? EXIT.fine : EXIT.operator;
  const text = await world.host.read(script);
  if (text === undefined) {
    world.err(`configure: there is no file ${script}\n`);
    return EXIT.operator;
  }
  const lines = text.split("\n");
  await tuneEngine(Math.max(lines.length, treeBelow(session.running, ["policy-route", "rule"])?.children.size ?? 0));
  return (await runBatch(session, world, lines, script)) ? EXIT.fine : EXIT.operator;
}
