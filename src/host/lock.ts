import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { HostError } from "./host.ts";
import { makeFolder } from "./make-folder.ts";

/** Seconds to wait for another run of ours: a commit with 1,000 rules takes well under one. */
const LOCK_SECONDS = 30;

/** Lets go of the lock. */
export type Release = () => void;

/**
 * Takes the one lock of this product: one reconcile at a time. flock(1) holds it in a child that ends when its standard
 * input closes, so kill -9 of this process lets go too. (Abstract sockets would need no child, but on Debian's Node 18.20
 * all their names are one address.) Throws HostError when it is not free within `seconds`.
 */
export async function takeLock(file: string, seconds = LOCK_SECONDS): Promise<Release> {
  try {
    makeFolder(dirname(file));
  } catch (error) {
    throw new HostError(`cannot make ${dirname(file)}: ${(error as NodeJS.ErrnoException).code}`);
  }
  const child = spawn(
    "flock",
    [
      "--exclusive",
      "--wait",
      String(seconds),
      "--conflict-exit-code",
      "75",
      file,
      "sh",
      "-c",
      "echo locked; exec cat >/dev/null",
    ],
    {
      stdio: ["pipe", "pipe", "pipe"],
      // Ctrl-C goes to the whole process group; the lock has to outlive it until we have put things in order.
      detached: true,
    },
  );
  child.stdin.on("error", () => {});
  return await new Promise<Release>((resolve, reject) => {
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout.once("data", () => {
      child.unref();
      resolve(() => child.stdin.end());
    });
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(new HostError(error.code === "ENOENT" ? "flock is not installed (package util-linux)" : `flock: ${error.message}`)),
    );
    child.once("exit", (code) =>
      reject(
        new HostError(
          code === 75
            ? `another policy-route is at work (lock ${file} not free within ${seconds} s); try again when it is done`
            : `flock ${file} failed: ${stderr.trim()}`,
        ),
      ),
    );
  });
}
