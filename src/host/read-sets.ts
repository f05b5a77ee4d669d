import type { FoundSet } from "../config/check-context.ts";
import type { Host } from "./host.ts";

/** Sets of ipset(8) by name; those that are not there are left out, and all of them where it is not installed. One process for each name. */
export async function readSets(host: Host, names: readonly string[]): Promise<Map<string, FoundSet>> {
  const sets = await Promise.all(names.map((name) => host.run(["ipset", "list", "-t", name])));
  return new Map(
    sets.flatMap(({ exitCode, stdout }, i): [string, FoundSet][] => {
      const type = /^Type: (\S+)$/m.exec(stdout)?.[1];
      if (exitCode !== 0 || type === undefined) return [];
      // A bitmap is of IPv4 and does not say so.
      const family = /^Header: .*\bfamily inet6\b/m.test(stdout) ? "ipv6" : "ipv4";
      return [[names[i] ?? "", { type, family }]];
    }),
  );
}
