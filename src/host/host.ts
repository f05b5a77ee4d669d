/** What a finished command left behind. `exitCode` is 127 when the program is not installed, 128+n when a signal ended it. */
export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  /** Milliseconds until the command is killed (SIGKILL); default 30,000. */
  readonly timeout?: number;
  /** Added to a minimal environment (PATH, LC_ALL=C), never to the caller's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Somebody else's program: run in a process group of its own, and whatever it started is killed with it. */
  readonly group?: boolean;
  /** Kills the command when it is aborted. */
  readonly signal?: AbortSignal;
  /** Its exit code says nothing: what it printed is taken as it is. */
  readonly anyExit?: boolean;
}

/** A program that only reads. */
export interface Look {
  readonly argv: readonly string[];
  readonly stdin?: string;
  /** As of RunOptions. */
  readonly anyExit?: boolean;
}

/**
 * The world, as the rest of the program sees it: commands and files. Everything that is not host/ gets one of these handed
 * in, so that tests can give a fake that refuses what it does not know. Never a shell: argv only.
 */
export interface Host {
  run(argv: readonly string[], options?: RunOptions): Promise<Output>;
  /** Runs up to seven programs that only read, side by side; the standard output of each, `undefined` for one that failed. */
  runTogether(looks: readonly Look[]): Promise<readonly (string | undefined)[]>;
  /** Text of a file, `undefined` when there is none. Other errors (permission, IO) are thrown as HostError. */
  read(path: string): Promise<string | undefined>;
  /** Replaces a file atomically (temporary file beside it, rename); makes missing directories. Mode default 0644. */
  write(path: string, text: string, mode?: number): Promise<void>;
  /** Writes into an existing kernel file (/proc/sys): no temporary file, no rename. */
  writeInPlace(path: string, text: string): Promise<void>;
  /** Removes a file; no error when it is gone already. */
  remove(path: string): Promise<void>;
  /** Removes a folder of ours with everything in it; no error when it is gone already. */
  removeFolder(path: string): Promise<void>;
  /** Names in a directory, sorted; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The environment failed: a tool is missing or refused, a file cannot be written. Exit code 2. */
export class HostError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "HostError";
  }
}

/**
 * Whether the environment failed. Told by name: every command is a bundle of its own with its own class HostError, while files
 * are read by the host of the main one.
 */
export function isHostError(error: unknown): error is HostError {
  return error instanceof Error && ["HostError", "CommandError", "VerifyError"].includes(error.name);
}

/** A command failed. Carries everything needed to repeat it by hand. Exit code 2. */
export class CommandError extends HostError {
  constructor(
    readonly argv: readonly string[],
    readonly output: Output,
    readonly stdin: string | undefined,
  ) {
    super(
      `command failed (exit ${output.exitCode}): ${argv.join(" ")}` +
        (output.stderr.trim() === "" ? "" : `\n  ${output.stderr.trim().replaceAll("\n", "\n  ")}`) +
        lineInQuestion(output.stderr, stdin),
    );
    this.name = "CommandError";
  }
}

/** `ip -batch` says `Command failed -:6`, iptables-restore `line 6 failed` or `line: 6`: without the line that says nothing. */
function lineInQuestion(stderr: string, stdin = ""): string {
  const number = /(?:-:|\bline:? )(\d+)/.exec(stderr)?.[1];
  const line = number === undefined ? undefined : stdin.split("\n")[Number(number) - 1];
  return line === undefined || line === "" ? "" : `\n  line ${number}: ${line}`;
}
