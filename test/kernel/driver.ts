import { createInterface } from "node:readline";
import { run as apply } from "../../src/commands/apply.ts";
import { run as restart } from "../../src/commands/restart.ts";
import { run as show } from "../../src/commands/show.ts";
import { run as uninstall } from "../../src/commands/uninstall.ts";
import type { Context } from "../../src/context.ts";
import type { Packet } from "../../src/explain/packet.ts";
import { explainPackets } from "../../src/explain-packets.ts";
import { type Host, HostError, type Output, type RunOptions } from "../../src/host/host.ts";
import { realHost } from "../../src/host/real-host.ts";
import { look } from "../../src/look.ts";
import { pathsBelow } from "../../src/paths.ts";
import type { Request, Run } from "../support/namespace.ts";

/**
 * The real program in a namespace, one command line per line of standard input. Everything it changes goes through its Host,
 * so that is where changes are counted, and where a run can be made to fail or to die at the n-th.
 */
async function main(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await run(JSON.parse(line) as Request))}\n`);
  }
}

async function run({ root, command, fault }: Request): Promise<Run> {
  const changes: string[] = [];
  let out = "";
  let err = "";
  const context: Context = {
    host: faulty(realHost(process.env), changes, fault),
    paths: pathsBelow(root),
    env: process.env,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  };
  try {
    return { exitCode: await commandOf(command)(context), changes, out, err };
  } catch (error) {
    const { name, message } = error as Error;
    return { failed: name, message, changes, out, err };
  }
}

function commandOf([name, ...words]: readonly string[]): (context: Context) => Promise<number> {
  const [file] = words;
  if (name === "apply" && file !== undefined) return (context) => apply(context, { config: file });
  if (name === "explain" && file !== undefined) return (context) => explain(context, file);
  if (name === "restart") return restart;
  if (name === "uninstall") return uninstall;
  if (name === "show") return (context) => show(context, words, { json: true });
  throw new Error(`the driver has no command ${name}`);
}

/** Explains all packets of a file, and prints what `explain --json` does of each. */
async function explain(context: Context, file: string): Promise<number> {
  const sight = await look(context);
  const packets = JSON.parse((await context.host.read(file)) ?? "[]") as Packet[];
  if (sight.config === undefined) throw new Error("nothing is configured");
  const questions = packets.map((packet) => ({ packet, assumed: [] }));
  context.out(JSON.stringify(await explainPackets(context, sight, sight.config, questions)));
  return 0;
}

function faulty(host: Host, changes: string[], fault: Request["fault"]): Host {
  if (fault?.at === 0) process.kill(process.pid, "SIGKILL");
  /** Does one change, or what the fault makes of it. */
  async function change<T>(what: string, doIt: () => Promise<T>, refuse: () => Promise<T>): Promise<T> {
    changes.push(what);
    if (fault?.at !== changes.length) return await doIt();
    if (fault.kind === "refuse") return await refuse();
    const result = await doIt();
    if (fault.kind === "late") return await refuse();
    if (fault.kind === "die") process.kill(process.pid, "SIGKILL");
    return result;
  }
  const deny = (what: string) => (): Promise<never> => Promise.reject(new HostError(`cannot ${what}: EIO`));
  const file = (what: string, doIt: () => Promise<void>) => change(what, doIt, deny(what));
  return {
    ...host,
    run(argv, options = {}) {
      if (!changesSomething(argv)) return host.run(argv, options);
      const half = fault?.kind === "half" && fault.at === changes.length + 1;
      return change(
        `${argv.join(" ")}\n${options.stdin ?? ""}`,
        () => (half ? runHalf(host, argv, options) : host.run(argv, options)),
        () => Promise.resolve(REFUSED),
      );
    },
    write: (path, text, mode) => file(`write ${path}`, () => host.write(path, text, mode)),
    writeInPlace: (path, text) => file(`write ${path}`, () => host.writeInPlace(path, text)),
    remove: async (path) => {
      // Removing what is not there changes nothing.
      if ((await host.read(path)) !== undefined) await file(`remove ${path}`, () => host.remove(path));
    },
    removeFolder: async (path) => {
      if ((await host.list(path)).length > 0) await file(`remove ${path}`, () => host.removeFolder(path));
    },
  };
}

const REFUSED: Output = { exitCode: 4, stdout: "", stderr: "refused by the test\n" };

function changesSomething([program, ...words]: readonly string[]): boolean {
  if (program === "ip") return words.includes("-batch") && !words.includes("-j");
  const line = `${program} ${words.join(" ")}`;
  if (/^ip6?tables-restore$/.test(program ?? "")) return !words.includes("--test");
  return /^(conntrack -[DU]|sh -c cat \| conntrack|ipset restore|nft -f)/.test(line);
}

/**
 * The first half of what a command was told, and then a failure: `ip -batch` keeps lines, iptables-restore whole tables. nft
 * keeps nothing.
 */
async function runHalf(host: Host, argv: readonly string[], options: RunOptions): Promise<Output> {
  if (argv[0] === "nft") return REFUSED;
  const parts = (options.stdin ?? "").split(argv[0]?.includes("tables") ? /(?<=^COMMIT\n)/m : /(?<=\n)/);
  const stdin = parts.slice(0, Math.floor(parts.length / 2)).join("");
  const result = stdin === "" ? REFUSED : await host.run(argv, { ...options, stdin });
  return result.exitCode === 0 ? REFUSED : result;
}

void main();
