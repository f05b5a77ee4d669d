import { CommandError, type Host } from "./host.ts";

/** What getent(1) ends with when it does not know all of the keys. */
const NOT_ALL_FOUND = 2;

/** Ids of users (`passwd`) or groups (`group`) by name, from wherever the machine keeps them (nsswitch.conf). Unknown names are left out. */
export async function readIds(host: Host, database: "passwd" | "group", names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const argv = ["getent", database, ...names];
  const output = await host.run(argv);
  if (output.exitCode !== 0 && output.exitCode !== NOT_ALL_FOUND) throw new CommandError(argv, output, undefined);
  const lines = output.stdout.split("\n").map((line) => line.split(":"));
  return new Map(
    lines.flatMap(([name = "", , id = ""]) => (names.includes(name) && /^\d+$/.test(id) ? [[name, Number(id)]] : [])),
  );
}
