import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import type { Look } from "./host.ts";

/** File descriptors that every shell has are 0-9 (POSIX); the first three are in use. */
export const MOST_LOOKS = 7;

const FIRST = 3;
/** Behind the output, whatever that ends with. */
const END = "\\n%s\\n";
const FINE = "\n0\n";
const TIMEOUT = 30_000;

/**
 * Starts programs side by side from one POSIX shell. Each start costs this process 2-5 ms, since fork copies its page tables, and
 * a shell a tenth of that. The shell's text depends on how many words there are, never on what they are: these are its arguments.
 * What a program says on standard error is not kept: whoever fails is run again alone. `undefined`: that one failed.
 *
 * They write into files in memory that have no name, not into pipes: nft 1.0.6 writes each word by itself (2,600 writes for a table of
 * 1,000 rules), and each would wake us. The exit code follows in the same file: where there was no room for the output, there is none for it.
 */
export function runTogether(looks: readonly Look[], path: string): Promise<readonly (string | undefined)[]> {
  let words = 0;
  const next = (): string => `"\${${++words}}"`;
  const close = looks.map((_, k) => `${FIRST + k}>&-`).join(" ");
  const parts = looks.map(({ argv, stdin, anyExit = false }, i) => {
    const input = stdin === undefined ? "" : `printf %s ${next()} | `;
    const work = `${input}${argv.map(next).join(" ")}`;
    return `{ ${work}; printf '${END}' ${anyExit ? 0 : "$?"}; } >&${FIRST + i} 2>/dev/null ${close} </dev/null &`;
  });
  const script = `${parts.join("\n")}\nexec ${close}\nwait`;
  const args = looks.flatMap(({ argv, stdin }) => (stdin === undefined ? argv : [stdin, ...argv]));
  return new Promise((resolve) => {
    const files = openNameless(looks.length);
    if (files === undefined) return resolve(looks.map(() => undefined));
    const end = (read: (file: number) => string | undefined): void => {
      resolve(files.map(read));
      for (const file of files) closeSync(file);
    };
    try {
      const child = spawn("sh", ["-c", script, "sh", ...args], {
        env: { PATH: path, LC_ALL: "C" },
        stdio: ["ignore", "ignore", "ignore", ...files],
        timeout: TIMEOUT,
        killSignal: "SIGKILL",
      });
      // One that could not be started does not exit.
      child.on("error", () => child.pid === undefined && end(() => undefined));
      child.on("exit", () => end(outputOf));
    } catch {
      // Too long a command line.
      end(() => undefined);
    }
  });
}

/** In memory everywhere but on the smallest systems. */
const FOLDERS = ["/dev/shm", "/tmp"];

/** Unique within this process; the process number makes it unique on the machine. */
let opened = 0;

/** Files of which nothing is left when they are closed; `undefined` where there is no room for any. */
function openNameless(count: number): number[] | undefined {
  for (const folder of FOLDERS) {
    const files: number[] = [];
    try {
      while (files.length < count) {
        const name = `${folder}/.policy-route.${process.pid}.${opened++}`;
        files.push(openSync(name, "wx+", 0o600));
        unlinkSync(name);
      }
      return files;
    } catch {
      for (const file of files) closeSync(file);
    }
  }
  return undefined;
}

/** Used again and again: the monitor reads all day, and a new one each time would be its garbage. */
let room = Buffer.alloc(0);

/** What a program wrote, from the beginning: it has moved the place where we would go on. `undefined` when it did not end well. */
function outputOf(file: number): string | undefined {
  const { size } = fstatSync(file);
  if (size > room.length) room = Buffer.allocUnsafe(size);
  const text = room.toString("utf8", 0, readSync(file, room, 0, size, 0));
  return text.endsWith(FINE) ? text.slice(0, -FINE.length) : undefined;
}
