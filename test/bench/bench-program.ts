import { copyFileSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { backendOf, type FrontEnd, iptablesOf } from "../support/front-end.ts";
import type { Row } from "./bench-namespaces.ts";
import { milliseconds } from "./measure.ts";

const TOOLS = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"];

/** The program under test inside the router's namespace, with one front end of iptables first in PATH. */
export interface Program {
  readonly env: NodeJS.ProcessEnv;
  /** Its `--root`. */
  readonly root: string;
  /** Command line that runs `policy-route` with these words in the namespace. */
  argv(...words: string[]): string[];
  /**
   * Runs `policy-route commit`, as the end action of a configuration session calls it, for a file of `set` lines. Milliseconds
   * from the start of the process to verified and remembered (the state file is written then), and to its end.
   */
  commit(config: string): { readonly verified: number; readonly ended: number };
}

export function program(row: Row, frontEnd: FrontEnd, scratch: string): Program {
  const tools = join(scratch, `tools-${frontEnd}`);
  if (!existsSync(tools)) {
    mkdirSync(tools);
    for (const tool of TOOLS) symlinkSync(`/usr/sbin/xtables-${iptablesOf(frontEnd)}-multi`, join(tools, tool));
  }
  const session = join(scratch, `session-${frontEnd}`);
  const root = join(scratch, `root-${frontEnd}`);
  mkdirSync(session, { recursive: true });
  writeFileSync(join(session, "root"), root);
  // In memory, as every router has it; the rest of the root is on disk, as it is there.
  if (!existsSync(root)) {
    const run = join(inMemory(scratch), `run-${frontEnd}`);
    mkdirSync(run, { recursive: true });
    mkdirSync(root);
    symlinkSync(run, join(root, "run"));
  }
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;
  const env = {
    ...rest,
    PATH: `${tools}:/usr/sbin:/usr/bin:/sbin:/bin:${process.env["PATH"] ?? ""}`,
    VYATTA_POLICY_ROUTE_SESSION: session,
  };
  const inside = ["ip", "netns", "exec", row.router, process.execPath, resolve("dist/bin/policy-route")];
  const argv = (...words: string[]): string[] => [...inside, ...words];
  const state = join(root, "run/policy-route/state.json");
  const commit = (config: string): { verified: number; ended: number } => {
    copyFileSync(config, join(session, "proposed.config"));
    const start = performance.timeOrigin + performance.now();
    const ended = milliseconds(argv("commit"), env);
    return { verified: statSync(state).mtimeMs - start, ended };
  };
  return { env, root, argv, commit };
}

/** What of `scratch` is in memory: to be removed with it. */
export function inMemory(scratch: string): string {
  return join("/dev/shm", basename(scratch));
}

/** Two uplinks behind eth1, and these rules. */
export function writeConfig(file: string, frontEnd: FrontEnd, rules: readonly string[]): string {
  const uplink = (name: string): string[] => [
    `set policy-route uplink ${name} interface eth1`,
    `set policy-route uplink ${name} gateway 198.51.100.1`,
    `set policy-route uplink ${name} track-inbound disable`,
    `set policy-route uplink ${name} source-rule disable`,
  ];
  writeFileSync(
    file,
    `${[`set policy-route backend ${backendOf(frontEnd)}`, ...uplink("a"), ...uplink("b"), ...rules.map((rule) => `set policy-route rule ${rule}`)].join("\n")}\n`,
  );
  return file;
}

/** Rules that cannot share a set, for both families: neighbours differ in what they do, and no address ties them to a family. */
export function linearRules(count: number): string[] {
  return Array.from({ length: count }, (_, i) => i + 1).flatMap((n) => [
    `${n} protocol tcp`,
    `${n} destination port ${1000 + n}`,
    `${n} set uplink ${n % 2 === 0 ? "a" : "b"}`,
  ]);
}

/** Rules that share a target; the last of them is the one the test packets match. */
export function sharedRules(count: number): string[] {
  return Array.from({ length: count }, (_, i) => i + 1).flatMap((n) => [
    `${n} protocol udp`,
    `${n} destination address ${n === count ? "203.0.113.0/24" : `10.${100 + (n >> 8)}.${n & 255}.0/24`}`,
    `${n} destination port ${n === count ? 4001 : 1000 + n}`,
    `${n} set uplink a`,
  ]);
}
