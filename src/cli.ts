import { contextBelow, type Surroundings } from "./context-below.ts";

/**
 * Runs one command line and gives its exit code. What the router calls, always in the same words and many times a day, does
 * without the command line parser, which costs 7 ms of start-up (commander 13, Node 20).
 */
export async function cli(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const [word, ...words] = argv;
  const plain = !argv.some((argument) => argument.startsWith("-"));
  if (plain && word === "commit" && words.length === 0) {
    return await (await import("./commands/commit.ts")).run(await contextBelow(undefined, surroundings));
  }
  if (plain && word === "show") {
    return await (await import("./commands/show.ts")).run(await contextBelow(undefined, surroundings), words, {});
  }
  if (plain && word === "lease" && words.length > 0) {
    return await (await import("./commands/lease.ts")).run(await contextBelow(undefined, surroundings), words);
  }
  return await (await import("./command-line.ts")).commandLine(argv, surroundings);
}
