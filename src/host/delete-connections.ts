import { FAMILIES } from "../net/address.ts";
import { type Fwmark, formatFwmark } from "../net/fwmark.ts";
import { CommandError, type Host } from "./host.ts";

/**
 * Deletes the tracked connections that carry one of the marks, and gives their number, which conntrack says on standard error; it
 * ends with 1 when there is none (conntrack-tools 1.4.7).
 * @throws CommandError when conntrack(8) is missing or may not
 */
export async function deleteConnections(host: Host, marks: readonly Fwmark[]): Promise<number> {
  let count = 0;
  for (const mark of marks) {
    for (const family of FAMILIES) {
      const argv = ["conntrack", "-D", "-f", family, "-m", formatFwmark(mark)];
      const result = await host.run(argv);
      const deleted = /(\d+) flow entries have been deleted/.exec(result.stderr)?.[1];
      if (deleted === undefined) throw new CommandError(argv, result, undefined);
      count += Number(deleted);
    }
  }
  return count;
}
