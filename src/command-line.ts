import { Command, CommanderError } from "commander";
import { type Context, EXIT } from "./context.ts";
import { contextBelow, type Surroundings } from "./context-below.ts";
import { QUESTION_WORDS } from "./explain/question-words.ts";
import { VERSION } from "./version.ts";

/** Parses one command line, runs it and gives its exit code. Every command's code is loaded only when it is the one. */
export async function commandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode: number = EXIT.fine;
  const program = new Command("policy-route");
  const context = (): Promise<Context> => contextBelow(program.opts()["root"], surroundings);
  /** Wraps a command so that its exit code is kept. */
  const doing =
    <A extends unknown[]>(run: (...args: A) => Promise<number>) =>
    async (...args: A): Promise<void> => {
      exitCode = await run(...args);
    };

  program
    .description("Policy routing for Vyatta-family routers: chosen traffic out of a chosen uplink")
    .version(VERSION, "--version")
    .option("--root <dir>", "where /etc, /run, /config and /var are found")
    .exitOverride()
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.err })
    .showSuggestionAfterError()
    .showHelpAfterError('("policy-route --help" has the commands, "policy-route help COMMAND" what each takes)');

  program
    .command("commit")
    .description("apply the configuration of the commit under way (called by the router's configuration engine)")
    .action(doing(async () => (await import("./commands/commit.ts")).run(await context())));
  program
    .command("apply")
    .description("apply a configuration file (config.boot or set commands); exit 1 when it has mistakes, nothing applied then")
    .option("--config <file>", "the file")
    .option("--boot", "before the router's configuration is loaded: only shut the kill switches of the last life")
    .action(doing(async (options) => (await import("./commands/apply.ts")).run(await context(), options)));
  program
    .command("plan")
    .description("what a commit would change in the kernel now, in order; nothing is changed")
    .option("--config <file>", "plan for this file instead of the configuration that was last applied")
    .option("--check", "exit 3 when there is anything to do")
    .option("--json", "as JSON")
    .action(doing(async (options) => (await import("./commands/plan.ts")).run(await context(), options)));
  program
    .command("commands")
    .description(
      "the ip, iptables, ipset, nft and sysctl commands the configuration stands for, as a shell script; nothing is changed",
    )
    .option("--config <file>", "of this file instead of the configuration that was last applied")
    .option("--json", "as JSON")
    .action(doing(async (options) => (await import("./commands/commands.ts")).run(await context(), options)));
  program
    .command("import")
    .description("set commands that mean the same as scripts, iptables-save, ip rule, ip route or router configurations do")
    .argument("[files...]", "files to read; - is the standard input")
    .action(doing(async (files) => (await import("./commands/import.ts")).run(await context(), files)));
  program
    .command("show")
    .description(
      "what happens and why: one screen, or show uplink, group, rule or table [NAME], marks, connections, what-if, plan, commands, diagram, json, metrics, tech-support, events, log, explain",
    )
    .argument("[words...]")
    .option("--json", "as JSON")
    .action(doing(async (words, options) => (await import("./commands/show.ts")).run(await context(), words, options)));
  program
    .command("explain")
    .description(
      `the way of one packet, and why: explain source ADDRESS destination ADDRESS [WORD VALUE]..., in any order; words: ${QUESTION_WORDS.slice(2).join(", ")}`,
    )
    .argument("[words...]")
    .option("--json", "as JSON")
    .action(doing(async (words, options) => (await import("./commands/explain.ts")).run(await context(), words, options)));
  program
    .command("diagram")
    .description("a picture of rules, groups, uplinks and gateways as they are now: SVG, or text for a terminal")
    .option("--output <file>", "write it there instead of printing it")
    .option("--text", "for a terminal of 80 columns")
    .action(doing(async (options) => (await import("./commands/diagram.ts")).run(await context(), options)));
  program
    .command("watch")
    .description("live: state and rates of uplinks, new connections of rules, events; a line for each event without a terminal")
    .action(doing(async () => (await import("./commands/watch.ts")).run(await context())));
  program
    .command("what-if")
    .description("what-if uplink NAME up|down [uplink NAME up|down ...]: where each rule would go")
    .argument("[words...]")
    .option("--json", "as JSON")
    .action(doing(async (words, options) => (await import("./commands/what-if.ts")).run(await context(), words, options)));
  program
    .command("configure")
    .description("configuration session with the router's own templates: set, delete, show, compare, commit, save, exit")
    .option("--script <file>", "run the commands of a file, stop at the first that fails")
    .action(doing(async (options) => (await import("./commands/configure.ts")).run(await context(), options)));
  program
    .command("restart")
    .description("compute and apply everything anew from the configuration that was last applied")
    .action(doing(async () => (await import("./commands/restart.ts")).run(await context())));
  program
    .command("test")
    .description("test uplink NAME: probe each of its targets once, now; exit 3 when too few answer")
    .argument("[words...]")
    .option("--json", "as JSON")
    .action(doing(async (words, options) => (await import("./commands/test.ts")).run(await context(), words, options)));
  program
    .command("monitor")
    .description(
      "follow links, addresses and leases, and put back what others change, until SIGTERM; SIGHUP looks at everything anew",
    )
    .action(doing(async () => (await import("./commands/monitor.ts")).run(await context())));
  program
    .command("force")
    .description("stand above what is seen, until auto or reboot: force uplink NAME up|down|auto, force group NAME failback")
    .argument("[words...]")
    .action(doing(async (words) => (await import("./commands/force.ts")).run(await context(), words)));
  program
    .command("clear")
    .description("clear counters [rule NUMBER]: count new connections of rules from zero")
    .argument("[words...]")
    .action(doing(async (words) => (await import("./commands/clear.ts")).run(await context(), words)));
  program
    .command("reset")
    .description(
      "reset uplink NAME: forget verdict, flaps and holds; reset connections [uplink NAME]: forget tracked connections with our marks",
    )
    .argument("[words...]")
    .action(doing(async (words) => (await import("./commands/reset.ts")).run(await context(), words)));
  program
    .command("lease")
    .description("called by the DHCP and PPP hooks: lease dhcp | lease ppp up|down")
    .argument("[words...]")
    .allowUnknownOption()
    .action(doing(async (words) => (await import("./commands/lease.ts")).run(await context(), words)));
  program
    .command("hook", { hidden: true })
    .description("called by policy-route itself: run the operator's hook for the events on standard input")
    .action(doing(async () => (await import("./commands/hook.ts")).run(await context())));
  program
    .command("generate")
    .description("generate ssh-key: the key that reads the router's state over its local ssh CLI")
    .argument("[what]")
    .action(doing(async (what) => (await import("./commands/generate.ts")).run(await context(), what)));
  program
    .command("uninstall")
    .description("take everything of this product out of the kernel and remove its files; the machine is as it was before")
    .action(doing(async () => (await import("./commands/uninstall.ts")).run(await context())));

  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.fine : EXIT.operator;
  }
  return exitCode;
}
