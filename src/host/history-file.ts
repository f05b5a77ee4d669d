import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";

const LONGEST = 1000;

/** Typed lines that outlive the session. A file that cannot be read or written is no reason to fail: the history is then short. */
export interface History {
  /** The newest first, as readline wants them. */
  readonly lines: string[];
  add(line: string): void;
}

/** The operator's history: in the home folder, or below `root` when there is one. */
export function openHistory(root: string): History {
  const state = process.env["XDG_STATE_HOME"] ?? `${homedir()}/.local/state`;
  const file = root === "" ? `${state}/policy-route/history` : `${root}/var/lib/policy-route/history`;
  const old =
    attempt(() =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== ""),
    ) ?? [];
  const kept = old.slice(-LONGEST);
  attempt(() => makeFolder(dirname(file), 0o700));
  if (old.length > 2 * LONGEST) attempt(() => writeFileSync(file, kept.map((line) => `${line}\n`).join(""), { mode: 0o600 }));
  let last = kept.at(-1);
  return {
    lines: kept.reverse(),
    add(line) {
      if (line.trim() === "" || line === last) return;
      last = line;
      attempt(() => appendFileSync(file, `${line}\n`, { mode: 0o600 }));
    },
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
