import { spawnSync } from "node:child_process";

/** Namespaces need root. Without it, runs this same program again under sudo and ends with its exit code. */
export function becomeRoot(): void {
  if (process.getuid?.() === 0) return;
  console.error("The lab needs root for its network namespaces (the machine itself is not changed): sudo.");
  // Ctrl-C goes to both: the one under sudo cleans up, this one waits for it.
  process.on("SIGINT", () => {});
  const again = spawnSync("sudo", [process.execPath, ...process.argv.slice(1)], { stdio: "inherit" });
  if (again.error !== undefined) console.error(`sudo: ${again.error.message}`);
  process.exit(again.status ?? 2);
}

/**
 * Ctrl-C and kill stop the lab in order; anything else that ends this program takes the lab with it (lab-world.ts). Pass
 * what goes wrong in the lab through `unlessStopping`: after a signal that is no news, and the promise stays open until the end.
 */
export function stopOnSignals(stop: () => Promise<void>): { stopping(): boolean; unlessStopping(): Promise<void> } {
  let stopping = false;
  const signals = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const;
  for (const [signal, code] of signals) {
    process.on(signal, () => {
      // Ctrl-C comes twice: from the terminal and from the program that started this one.
      if (stopping) return;
      stopping = true;
      console.error(`\n${signal}: the lab is taken down.`);
      stop().finally(() => process.exit(code));
    });
  }
  return { stopping: () => stopping, unlessStopping: () => (stopping ? new Promise(() => {}) : Promise.resolve()) };
}
