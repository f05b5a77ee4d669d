import type { Context } from "./context.ts";
import { pathsBelow } from "./paths.ts";

/** What a command is given, before it is known below which root its files are. */
export type Surroundings = Omit<Context, "paths">;

/** The context below `--root`, or below the root of the embedded session that runs us. */
export async function contextBelow(option: string | undefined, surroundings: Surroundings): Promise<Context> {
  return { ...surroundings, paths: pathsBelow(await rootOf(option, surroundings)) };
}

/**
 * `--root /` is the machine itself. The embedded session works below a root of its own; sudo hands on only VYATTA_ variables,
 * so for the commands it runs (commit, `run show ...`) the root is in a file of its folder.
 */
async function rootOf(option: string | undefined, { host, env }: Surroundings): Promise<string> {
  const session = env["VYATTA_POLICY_ROUTE_SESSION"];
  const inherited =
    option === undefined && session !== undefined && session !== "" ? await host.read(`${session}/root`) : undefined;
  return (option ?? inherited ?? "").trim().replace(/\/+$/, "");
}
