import type { Host } from "./host.ts";

/** ipset(8) ends with it for an address that is not in the set, and for everything else that is wrong. */
const NOT_IN = /is NOT in set/;

/** Whether the ends of packets are in sets, by `NAME ADDRESS`. What ipset does not say (no such set, not root) is left out. */
export async function askSets(
  host: Host,
  names: readonly string[],
  packets: readonly { readonly source: string; readonly destination: string }[],
): Promise<Map<string, boolean>> {
  const addresses = new Set(names.length === 0 ? [] : packets.flatMap(({ source, destination }) => [source, destination]));
  const answers = new Map<string, boolean>();
  for (const name of names) {
    for (const address of addresses) {
      const { exitCode, stderr } = await host.run(["ipset", "test", name, address]);
      if (exitCode === 0 || NOT_IN.test(stderr)) answers.set(`${name} ${address}`, exitCode === 0);
    }
  }
  return answers;
}
