import { appendFileSync } from "node:fs";
import { run } from "../../../src/commands/lease.ts";
import { realHost } from "../../../src/host/real-host.ts";
import { pathsBelow } from "../../../src/paths.ts";

/** `policy-route lease` with a reconcile that only writes down what it was asked for, one line each. */
async function main(): Promise<void> {
  const { env } = process;
  appendFileSync("/run/calls", `${env["reason"]}\n`);
  const context = {
    host: realHost(env),
    paths: pathsBelow(""),
    env,
    out: () => {},
    err: (text: string) => process.stderr.write(text),
  };
  process.exitCode = await run(context, process.argv.slice(3), async (_, { reason }) =>
    appendFileSync("/run/reconciles", `${reason}\n`),
  );
}

void main();
