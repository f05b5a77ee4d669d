import type { Host, Output, RunOptions } from "./host.ts";
import { MOST_LOOKS } from "./run-together.ts";

interface Waiting {
  readonly argv: readonly string[];
  readonly options: RunOptions;
  readonly resolve: (output: Output | Promise<Output>) => void;
}

/**
 * The same host for programs that only read: those that are asked for in one turn are started together, by one shell. A program that
 * fails is run again alone, so that its exit code and its complaint are its own.
 */
export function sideBySide(host: Host): Host {
  let waiting: Waiting[] = [];
  const start = async (looks: readonly Waiting[]): Promise<void> => {
    const [only] = looks;
    if (looks.length === 1 && only !== undefined) return only.resolve(host.run(only.argv, only.options));
    const outputs = await host.runTogether(
      looks.map(({ argv, options: { stdin, anyExit = false } }) => ({
        argv,
        anyExit,
        ...(stdin === undefined ? {} : { stdin }),
      })),
    );
    for (const [i, { argv, options, resolve }] of looks.entries()) {
      const stdout = outputs[i];
      resolve(stdout === undefined ? host.run(argv, options) : { exitCode: 0, stdout, stderr: "" });
    }
  };
  const startAll = (): void => {
    for (; waiting.length > 0; waiting = waiting.slice(MOST_LOOKS)) void start(waiting.slice(0, MOST_LOOKS));
  };
  return {
    ...host,
    run: (argv, options = {}) =>
      new Promise((resolve) => {
        if (waiting.length === 0) queueMicrotask(startAll);
        waiting.push({ argv, options, resolve });
      }),
  };
}
