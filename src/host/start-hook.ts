import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Context } from "../context.ts";
import type { HookCall } from "../uplink/hook-call.ts";
import { programFolder } from "./program-folder.ts";
import type { Hook } from "./run-hook.ts";

/**
 * Has the operator's script called by a process of its own (`policy-route hook`), which outlives us: a commit or a DHCP client's
 * hook does not wait for it. Never fails.
 */
export function startHook({ paths, env, err }: Context, hook: Hook, calls: readonly HookCall[]): void {
  const program = join(programFolder(), "bin", "policy-route");
  const child = spawn(process.execPath, [program, "--root", paths.root === "" ? "/" : paths.root, "hook"], {
    env: { ...env },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  child.on("error", (error) => err(`policy-route: hook ${hook.script} could not be started: ${error.message}\n`));
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify({ hook, calls }));
  child.unref();
}
