import { FAMILIES } from "../net/address.ts";
import { type Fwmark, formatFwmark } from "../net/fwmark.ts";
import type { Host } from "./host.ts";

/**
 * How many tracked connections carry the mark; `undefined` when conntrack(8) is not installed or may not ask. The kernel
 * filters by mark, so the cost is that of the answer (conntrack-tools 1.4.7; it says the number on standard error).
 */
export async function countConnections(host: Host, mark: Fwmark): Promise<number | undefined> {
  const counts = await Promise.all(
    FAMILIES.map(async (family) => {
      const { exitCode, stderr } = await host.run(["conntrack", "-L", "-f", family, "-m", formatFwmark(mark)], { timeout: 5000 });
      const shown = /(\d+) flow entries have been shown/.exec(stderr);
      return exitCode === 0 && shown !== null ? Number(shown[1]) : undefined;
    }),
  );
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, count) => sum + count, 0);
}
