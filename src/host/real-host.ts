import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { failureWords } from "./failure-words.ts";
import { type Host, HostError, type Output, type RunOptions } from "./host.ts";
import { makeFolder } from "./make-folder.ts";
import { runTogether } from "./run-together.ts";
import { toolPath } from "./tool-path.ts";

/** The machine this runs on. Paths are taken as they are: `--root` is the business of paths.ts. */
export function realHost(env: Readonly<Record<string, string | undefined>>): Host {
  const path = toolPath(env);
  return {
    run: (argv, options) => run(argv, options ?? {}, path),
    runTogether: (looks) => runTogether(looks, path),
    read: (file) => read(file),
    write: (file, text, mode) => write(file, text, mode ?? 0o644),
    writeInPlace: (file, text) => failing(`write ${file}`, () => writeFileSync(file, text, { flag: "r+" })),
    remove: (file) => failing(`remove ${file}`, () => rmSync(file, { force: true })),
    removeFolder: (folder) => failing(`remove ${folder}`, () => rmSync(folder, { force: true, recursive: true })),
    list: (folder) => list(folder),
    now: () => Date.now(),
  };
}

async function failing(what: string, work: () => void): Promise<void> {
  try {
    work();
  } catch (error) {
    throw new HostError(`cannot ${what}: ${failureWords(error)}`);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

/**
 * Synchronous, as all of this: these files are small and local, and by the thread pool 15 of them cost 4 ms of start-up instead
 * of 0.3, besides 1 ms for node:fs/promises itself (Node 20).
 */
async function read(file: string): Promise<string | undefined> {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new HostError(`cannot read ${file}: ${failureWords(error)}`);
  }
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw new HostError(`cannot list ${folder}: ${failureWords(error)}`);
  }
}

/** Unique within this process; the process number makes it unique on the machine. */
let writes = 0;

async function write(file: string, text: string, mode: number): Promise<void> {
  // The dot and the ending keep iproute2 and hook folders from reading a half-written file.
  const temporary = `${dirname(file)}/.policy-route.${process.pid}.${writes++}.tmp`;
  await failing(`write ${file}`, () => {
    makeFolder(dirname(file));
    sweep(dirname(file));
    try {
      writeFileSync(temporary, text, { mode, flag: "wx" });
      chmodSync(temporary, mode);
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** Folders this process has looked through. */
const swept = new Set<string>();

/** Removes what writers left behind that were killed between writing and renaming. A writer that lives may still need its own. */
function sweep(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  for (const name of readdirSync(folder)) {
    const writer = /^\.policy-route\.(\d+)\.\d+\.tmp$/.exec(name)?.[1];
    // One with our number is of a life before us.
    if (writer !== undefined && (Number(writer) === process.pid || !existsSync(`/proc/${writer}`)))
      rmSync(`${folder}/${name}`, { force: true });
  }
}

/** Debian's packages of the programs we start. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  "iptables-save": "iptables",
  "iptables-restore": "iptables",
  "ip6tables-save": "iptables",
  "ip6tables-restore": "iptables",
  ipset: "ipset",
  conntrack: "conntrack",
  ping: "iputils-ping",
  arping: "iputils-arping",
  socat: "socat",
  ndisc6: "ndisc6",
};

function notInstalled(program: string): string {
  const from = PACKAGES[program];
  return `${program} is not installed${from === undefined ? "" : ` (package ${from})`}`;
}

function run(argv: readonly string[], options: RunOptions, path: string): Promise<Output> {
  const [program = "", ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { PATH: path, LC_ALL: "C", ...options.env },
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: options.group === true,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const end = (): void => kill(child, options.group === true);
    const timer = setTimeout(() => {
      err.push(Buffer.from(`\nno answer within ${(options.timeout ?? 30_000) / 1000} s, killed`));
      end();
    }, options.timeout ?? 30_000);
    const done = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", end);
    };
    options.signal?.addEventListener("abort", end);
    if (options.signal?.aborted === true) end();
    child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", (error: NodeJS.ErrnoException) => {
      done();
      const missing = error.code === "ENOENT";
      resolve({ exitCode: missing ? 127 : 126, stdout: "", stderr: missing ? notInstalled(program) : error.message });
    });
    child.on("close", (code, signal) => {
      done();
      resolve({
        exitCode: code ?? 128 + (signal === "SIGKILL" ? 9 : 15),
        stdout: Buffer.concat(out).toString("utf8"),
        stderr: Buffer.concat(err).toString("utf8"),
      });
    });
    // A child that ends before it has read everything is reported by its exit code, not by EPIPE.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.stdin ?? "");
  });
}

/** At once. What left the group (setsid) may still hold our pipes: they are let go of, or nobody would see the end. */
function kill(child: ChildProcess, group: boolean): void {
  try {
    if (group && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // Gone already.
  }
  if (!group) return;
  child.stdout?.destroy();
  child.stderr?.destroy();
}
