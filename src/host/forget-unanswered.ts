import type { Family } from "../net/address.ts";
import { type Fwmark, formatFwmark } from "../net/fwmark.ts";
import type { Host } from "./host.ts";

/** conntrack opens /dev/stdin, which is refused where that is a socket, as Node's pipes are. */
const LOAD = ["sh", "-c", "cat | conntrack --load-file -"];

/**
 * Forgets the connections of a mark that nobody has answered: their next packet begins anew. Those with an answer are left alone,
 * translated or not. conntrack(8) cannot delete by that, so what it saves (`-A ... -u UNSET ...`) is read back as deletions, in
 * one run (1.4.7; older ones have no `--load-file`, and forget nothing). Gives their number.
 */
export async function forgetUnanswered(host: Host, family: Family, mark: Fwmark): Promise<number> {
  const { stdout } = await host.run(["conntrack", "-L", "-f", family, "-m", formatFwmark(mark), "-o", "save"]);
  const deletions = stdout.split("\n").filter((line) => line.startsWith("-A ") && line.includes(" -u UNSET "));
  if (deletions.length === 0) return 0;
  const stdin = deletions.map((line) => `${line.replace("-A", "-D")}\n`).join("");
  const { exitCode } = await host.run(LOAD, { stdin });
  return exitCode === 0 ? deletions.length : 0;
}
