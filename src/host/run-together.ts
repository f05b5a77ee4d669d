import { spawn } from "node:child_process";
import type { Look } from "./host.ts";

/** File descriptors that every shell has are 0-9 (POSIX); the first three are in use. */
export const MOST_LOOKS = 7;

const TIMEOUT = 30_000;

/**
 * Starts programs side by side from one POSIX shell. Each start costs this process 2-5 ms, since fork copies its page tables, and
 * a shell a tenth of that. The shell's text depends on how many words there are, never on what they are: these are its arguments.
 * What a program says on standard error is not kept: whoever fails is run again alone. `undefined`: that one failed.
 */
export function runTogether(looks: readonly Look[], path: string): Promise<readonly (string | undefined)[]> {
  let words = 0;
  const next = (): string => `"\${${++words}}"`;
  const own = (i: number): string => looks.map((_, k) => (k === i ? `>&${FIRST + k}` : "")).join("");
  const close = looks.map((_, k) => `${FIRST + k}>&-`).join(" ");
  const parts = looks.map(({ argv, stdin }, i) => {
    const input = stdin === undefined ? "" : `printf %s ${next()} | `;
    return `{ { ${input}${argv.map(next).join(" ")}; } ${own(i)} 2>/dev/null ${close} </dev/null; echo ${i} $?; } &`;
  });
  const script = `${parts.join("\n")}\nexec ${close}\nwait`;
  const args = looks.flatMap(({ argv, stdin }) => (stdin === undefined ? argv : [stdin, ...argv]));
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", script, "sh", ...args], {
      env: { PATH: path, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore", ...looks.map(() => "pipe" as const)],
      timeout: TIMEOUT,
      killSignal: "SIGKILL",
    });
    const outputs = looks.map((): Buffer[] => []);
    let ended = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      ended += chunk.toString();
    });
    for (const [i, chunks] of outputs.entries()) child.stdio[FIRST + i]?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", () => resolve(looks.map(() => undefined)));
    child.on("close", () => {
      const fine = new Set(ended.split("\n"));
      resolve(outputs.map((chunks, i) => (fine.has(`${i} 0`) ? Buffer.concat(chunks).toString("utf8") : undefined)));
    });
  });
}

const FIRST = 3;
