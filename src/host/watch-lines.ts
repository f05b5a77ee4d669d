import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { toolPath } from "./tool-path.ts";

export interface LineListener {
  readonly line: (line: string) => void;
  /** The program ended, or could not be started; not called after `stop`. `missing`: it is not installed. */
  readonly ended: (why: string, missing: boolean) => void;
}

/** Stops the program. */
export type StopWatching = () => void;

/** Starts a program that prints a line for each event until it is stopped. */
export function watchLines(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { line, ended }: LineListener,
): StopWatching {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { env: { PATH: toolPath(env), LC_ALL: "C" }, stdio: ["ignore", "pipe", "pipe"] });
  let stopped = false;
  let complaint = "";
  const end = (why: string, missing: boolean): void => {
    if (stopped) return;
    stopped = true;
    child.kill("SIGKILL");
    ended(why, missing);
  };
  createInterface({ input: child.stdout }).on("line", (text) => {
    if (!stopped) line(text);
  });
  // `ip monitor` says here that events were lost (netlink receive error No buffer space available), and goes on.
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = chunk.toString().trim();
    if (/no buffer space/i.test(complaint)) end(complaint, false);
  });
  child.once("error", (error: NodeJS.ErrnoException) => end(`${program}: ${error.message}`, error.code === "ENOENT"));
  child.once("exit", (code, signal) =>
    end(`${argv.join(" ")} ended (${signal ?? `exit ${code}`})${complaint === "" ? "" : `: ${complaint}`}`, false),
  );
  return () => {
    stopped = true;
    child.kill("SIGKILL");
  };
}
