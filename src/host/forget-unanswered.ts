import type { Family } from "../net/address.ts";
import { type Fwmark, formatFwmark } from "../net/fwmark.ts";
import type { Host } from "./host.ts";

/** conntrack opens /dev/stdin, which is refused where that is a socket, as Node's pipes are. */
const LOAD = ["sh", "-c", "cat | conntrack --load-file -"];

/** For each deletion conntrack looks through the whole table: so many entries in all, which takes 1-2 seconds (measured: 2.7 us each). */
const MOST = 500_000;
const COUNT = "/proc/sys/net/netfilter/nf_conntrack_count";

/**
 * Forgets connections of a mark that nobody had answered a moment ago, as many as can be found in a second or two: their next packet
 * begins anew. Those with an answer are left alone, translated or not. conntrack(8) cannot delete by that, so what it saves is read
 * back as deletions, in one run (1.4.7; older ones have no `--load-file`, and forget nothing). Gives their number.
 */
export async function forgetUnanswered(host: Host, family: Family, mark: Fwmark): Promise<number> {
  const { stdout } = await host.run(["conntrack", "-L", "-f", family, "-m", formatFwmark(mark), "-o", "save"]);
  const deletions = stdout.split("\n").flatMap(deletionOf);
  if (deletions.length === 0) return 0;
  const room = Math.max(1, Math.floor(MOST / Number((await host.read(COUNT)) ?? deletions.length)));
  const stdin = deletions.slice(0, room).join("");
  const loaded = await host.run(LOAD, { stdin, timeout: 10_000, group: true });
  // One line for each that was there.
  return loaded.stdout.split("\n").filter((line) => line !== "").length;
}

/**
 * `-A -t 29 -u UNSET -s ... --sport 4000 ...` -> `-D -u UNSET -s ... --sport 4000 ...`: the time left is another with each packet, and
 * SCTP's tags are saved but not understood.
 */
function deletionOf(line: string): string[] {
  const [, rest] = /^-A -t \d+( -u UNSET .*)$/.exec(line) ?? [];
  return rest === undefined ? [] : [`-D${rest.replace(/ --(?:orig|reply)-vtag \d+/g, "")}\n`];
}
