import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { realHost } from "../../../src/host/real-host.ts";
import { realSessionFiles } from "../../../src/host/session-files.ts";
import { pathsBelow } from "../../../src/paths.ts";
import { runLine } from "../../../src/session/commands.ts";
import { openSession } from "../../../src/session/open-session.ts";
import type { Outcome, Session, SessionWorld } from "../../../src/session/session.ts";

/** The repository has templates/ and libexec/ where an installation has them. */
export const REPOSITORY = resolve(__dirname, "../../..");

export interface Opened {
  readonly session: Session;
  readonly world: SessionWorld;
  /** Runs lines and gives what they printed, both streams. */
  readonly type: (...lines: readonly string[]) => Promise<string>;
  readonly outcomeOf: (line: string) => Promise<Outcome>;
}

const folders: string[] = [];

/** A folder that is gone when the test is over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "policy-route-session-"));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A program folder with node.def files: path below templates/ -> text. */
export function programWith(files: Readonly<Record<string, string>>): string {
  const program = newFolder();
  for (const [path, text] of Object.entries(files)) {
    const file = join(program, "templates", path, "node.def");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return program;
}

/** Opens a session below `root`; the templates are the product's own, or those of another program folder; `greet` takes what is said at the start. */
export async function open(root = newFolder(), program = REPOSITORY, greet: (text: string) => void = () => {}): Promise<Opened> {
  const paths = pathsBelow(root);
  let printed = "";
  let print = greet;
  const world: SessionWorld = {
    host: realHost(process.env),
    files: realSessionFiles,
    paths,
    folder: await realSessionFiles.openFolder(paths.run),
    out: (text) => print(text),
    err: (text) => print(text),
    runInTerminal: undefined,
  };
  const session = await openSession(world, program);
  print = (text) => {
    printed += text;
  };
  const type = async (...lines: readonly string[]) => {
    printed = "";
    for (const line of lines) await runLine(session, world, line);
    return printed;
  };
  return { session, world, type, outcomeOf: (line) => runLine(session, world, line) };
}
