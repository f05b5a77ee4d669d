import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a finished command left behind. `exitCode` is 124 when it was killed because its time was over. */
export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly stdin?: string;
  /** Milliseconds until the command is killed; default 20,000. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a command runs: in a network namespace of the lab, and below another root folder if one is given. */
export interface Place {
  readonly netns: string;
  readonly root?: string;
}

/**
 * One set of PID, mount, UTS and IPC namespaces that holds everything the lab starts. Its first process only waits for the
 * end of its standard input. When this program ends, in whatever way (kill -9 included), that input ends, the first process
 * ends, and the kernel kills every other process in there and drops all mounts and network namespaces with them: names,
 * mounts and processes are visible inside only, so there is never a leftover to sweep.
 */
export interface World {
  /** Process id of the first process, as the machine sees it. */
  readonly init: number;
  /** Starts a command; standard streams as in node's spawn (default: ignored input, piped output). */
  start(place: Place | undefined, argv: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Runs a command to its end. Never throws for a failing command. */
  exec(place: Place | undefined, argv: readonly string[], options?: ExecOptions): Promise<Result>;
  /** Runs a command that has to succeed; throws an Error with its output otherwise. Gives its standard output. */
  must(place: Place | undefined, argv: readonly string[], options?: ExecOptions): Promise<string>;
  stop(): Promise<void>;
}

/** The environment of everything in the lab: nothing of the caller's but his terminal. */
export const LAB_ENV: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C.UTF-8",
  TERM: process.env["TERM"] ?? "dumb",
};

/** Kills a command started with `World.start`: nsenter stays outside as the parent of the command and passes no signal on. */
export function kill(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  for (const pid of [...childrenOf(child.pid), child.pid]) {
    if (pid === child.pid && signal !== "SIGKILL") continue;
    try {
      process.kill(pid, signal);
    } catch {
      // Gone between the look and the signal: what was wanted.
    }
  }
}

/** Processes that a process has started, as the machine sees them. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Opens the namespaces. Needs root (CAP_SYS_ADMIN); throws an Error that says so when the kernel refuses. */
export async function openWorld(hostname: string): Promise<World> {
  const flags = ["--mount", "--pid", "--uts", "--ipc", "--fork", "--mount-proc", "--propagation", "private", "--kill-child"];
  const wait = 'hostname "$1"; echo ready; while read -r line; do :; done';
  // Detached: Ctrl-C reaches this program only, which then stops the lab in its own order.
  const holder = spawn("unshare", [...flags, "bash", "-c", wait, "lab", hostname], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: LAB_ENV,
  });
  let complaint = "";
  holder.stderr.on("data", (chunk) => {
    complaint += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    holder.once("error", reject);
    holder.once("exit", () => reject(new Error(`cannot make namespaces for the lab (root is needed): ${complaint.trim()}`)));
    holder.stdout.once("data", () => resolve());
  });
  const init = childrenOf(holder.pid ?? 0)[0];
  if (init === undefined) throw new Error("the lab's first process is gone");

  const start: World["start"] = (place, argv, options = {}) => {
    const enter = ["--target", `${init}`, "--mount", "--pid", "--uts", "--ipc"];
    if (place !== undefined) enter.push(`--net=/proc/${init}/root/run/netns/${place.netns}`);
    if (place?.root !== undefined) enter.push(`--root=/proc/${init}/root${place.root}`, `--wd=/proc/${init}/root${place.root}`);
    return spawn("nsenter", [...enter, "--", ...argv], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: LAB_ENV,
      ...options,
    });
  };

  const exec: World["exec"] = (place, argv, options = {}) =>
    new Promise((resolve, reject) => {
      const child = start(place, argv, { stdio: ["pipe", "pipe", "pipe"], env: { ...LAB_ENV, ...options.env } });
      let stdout = "";
      let stderr = "";
      let late = false;
      child.stdout?.setEncoding("utf8").on("data", (chunk) => {
        stdout += chunk;
      });
      child.stderr?.setEncoding("utf8").on("data", (chunk) => {
        stderr += chunk;
      });
      const timer = setTimeout(() => {
        late = true;
        kill(child);
      }, options.timeout ?? 20_000);
      child.once("error", reject);
      child.stdin?.on("error", () => {});
      child.stdin?.end(options.stdin ?? "");
      child.once("exit", (code) => {
        // A daemon left behind may hold the pipes open: what it says later is not waited for. What the command itself said may
        // still be in the pipe: Node hears of this exit along with another child's, before it looks at our pipe, and on a busy
        // machine the timer comes before that look, too. It is done when setImmediate runs.
        const settle = (heard: number, rounds: number) => {
          setTimeout(() => {
            setImmediate(() => {
              const now = stdout.length + stderr.length;
              if (now !== heard && rounds > 0) return settle(now, rounds - 1);
              child.stdout?.destroy();
              child.stderr?.destroy();
            });
          }, 100);
        };
        settle(stdout.length + stderr.length, 20);
        child.once("close", () => {
          clearTimeout(timer);
          resolve({ exitCode: late ? 124 : (code ?? 137), stdout, stderr });
        });
      });
    });

  const must: World["must"] = async (place, argv, options) => {
    const result = await exec(place, argv, options);
    if (result.exitCode === 0) return result.stdout;
    throw new Error(
      `${place?.netns ?? "lab"}: ${argv.join(" ")} ended with ${result.exitCode}\n${result.stdout}${result.stderr}`,
    );
  };

  return {
    init,
    start,
    exec,
    must,
    stop: () =>
      new Promise((resolve) => {
        if (holder.exitCode !== null || holder.signalCode !== null) return resolve();
        holder.once("exit", () => resolve());
        holder.removeAllListeners("error");
        holder.stdin.destroy();
        setTimeout(() => kill(holder), 2000).unref();
      }),
  };
}
