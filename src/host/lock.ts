import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { failureWords } from "./failure-words.ts";
import { HostError } from "./host.ts";
import { makeFolder } from "./make-folder.ts";

/** Seconds to wait for another run of ours: a commit with 1,000 rules takes well under one. */
const LOCK_SECONDS = 30;

/** Lets go of the lock. */
export type Release = () => void;

/** flock(1)'s exit code when the lock is not free in time: one of our choice. */
const CONFLICT = 75;

/**
 * Takes the one lock of this product: one reconcile at a time. flock(2) locks the open file, which flock(1) shares with this process:
 * the lock stays with us when flock(1) has ended, and is free when this process closes the file or is killed (no other
 * child of ours gets it). Throws HostError when it is not free within `seconds`.
 */
export async function takeLock(file: string, seconds = LOCK_SECONDS): Promise<Release> {
  const descriptor = openLock(file);
  // Ctrl-C goes to the whole process group; who waits for the lock has to outlive it until we have put things in order.
  const child = spawn("flock", ["--exclusive", "--wait", String(seconds), "--conflict-exit-code", String(CONFLICT), "3"], {
    stdio: ["ignore", "ignore", "pipe", descriptor],
    detached: true,
  });
  try {
    await ended(child, file, seconds);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return () => closeSync(descriptor);
}

/** Waits for flock(1). Throws HostError when it does not have the lock. */
async function ended(child: ChildProcess, file: string, seconds: number): Promise<void> {
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(new HostError(error.code === "ENOENT" ? "flock is not installed (package util-linux)" : `flock: ${error.message}`)),
    );
  });
  if (code === 0) return;
  throw new HostError(
    code === CONFLICT
      ? `another policy-route is at work (lock ${file} not free within ${seconds} s); try again when it is done`
      : `flock ${file} failed: ${stderr.trim()}`,
  );
}

function openLock(file: string): number {
  try {
    makeFolder(dirname(file));
  } catch (error) {
    throw new HostError(`cannot make ${dirname(file)}: ${failureWords(error)}`);
  }
  try {
    return openSync(file, "a");
  } catch (error) {
    throw new HostError(`cannot open ${file}: ${failureWords(error)}`);
  }
}
