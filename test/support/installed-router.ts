import { type Commander, commit } from "./lab-configure.ts";
import { installProgram, makeRouterRoot, ROUTER } from "./lab-router.ts";
import type { ExecOptions, Result } from "./lab-world.ts";
import { type RunningMonitor, startMonitor } from "./monitor.ts";
import type { WiredWorld } from "./wired-world.ts";

/** The router of a small world with a file system of its own, and the program on it as its package puts it there. */
export interface InstalledRouter {
  exec(argv: readonly string[], options?: ExecOptions): Promise<Result>;
  /** A shell script on the router; throws when it fails. */
  sh(script: string): Promise<string>;
  /** Writes a file on the router, with its mode in octal. */
  write(file: string, text: string, mode?: string): Promise<void>;
  /** Runs lines in a configuration session and commits them; throws with what was said when that is refused. */
  commit(lines: readonly string[]): Promise<string>;
  /** `policy-route monitor`, when it has looked once. */
  startMonitor(): Promise<RunningMonitor>;
}

/** Installs it. The world's own `apply` and `program` are another installation and are not to be used beside this one. */
export async function installRouter(wired: WiredWorld<string>): Promise<InstalledRouter> {
  const { world, frontEnd } = wired;
  await makeRouterRoot(world, frontEnd);
  await installProgram(world);
  const exec: InstalledRouter["exec"] = (argv, options) => world.exec(ROUTER, argv, options);
  const sh: InstalledRouter["sh"] = (script) => world.must(ROUTER, ["sh", "-euc", script]);
  const commander: Commander = { nftables: frontEnd === "nftables", exec: (_, argv, options) => exec(argv, options) };
  return {
    exec,
    sh,
    async write(file, text, mode = "644") {
      await world.must(ROUTER, ["sh", "-euc", 'rm -f "$1"; cat > "$1"; chmod "$2" "$1"', "write", file, mode], { stdin: text });
    },
    commit: (lines) => commit(commander, lines),
    startMonitor: () =>
      startMonitor({ exec, sh, daemon: (argv) => world.start(ROUTER, ["policy-route", ...argv]) }, "/run/policy-route"),
  };
}
