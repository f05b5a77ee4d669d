import type { NftTableText } from "../kernel/kernel-objects.ts";
import { isOurChain, NFT_TABLE } from "../kernel/ownership.ts";
import type { SavedTables } from "../kernel/parse-iptables-save.ts";
import { type ForeignChain, parseForeignChain, parseNftChains } from "../kernel/parse-nft-chains.ts";
import { parseNftTable } from "../kernel/parse-nft-list.ts";
import { NFT_FAMILY } from "../kernel/plan-nft.ts";
import { FAMILIES, type Family } from "../net/address.ts";
import type { MarkWrite } from "../net/foreign-marks.ts";
import type { PreroutingChain } from "../uplink/find-rivals.ts";
import { CommandError, type Host, HostError } from "./host.ts";

/** What nft says of us and of others at the prerouting hook. */
export interface SeenNft {
  readonly tables: readonly NftTableText[];
  readonly packets: Readonly<Record<Family, ReadonlyMap<string, number>>>;
  readonly foreign: readonly PreroutingChain[];
  /** Why nft does not answer. */
  readonly unusable?: string;
}

/** Nothing of ours, and nobody looked at. */
export const NO_NFT: SeenNft = { tables: [], packets: { ipv4: new Map(), ipv6: new Map() }, foreign: [] };

/** Chains that are followed from one base chain of somebody else's, so that no firewall can make us slow. */
const FOLLOWED = 50;

/**
 * Our tables, and what others do before routing. Never the whole ruleset: nft reads a firewall with 20,000 rules for seconds
 * (measured, nft 1.0.6; `list tables` does that too, `list chains` does not). With `expected`, our tables are asked for before it is
 * known that they are there. `frontEnd`: rules of iptables-nft are foreign ones while `iptables` is legacy.
 */
export async function observeNft(
  host: Host,
  expected: boolean,
  frontEnd: Promise<SavedTables["frontEnd"]> | undefined,
): Promise<SeenNft> {
  const early = expected ? readTables(host, FAMILIES) : undefined;
  // An error of it is told by whoever waits for it, if nft answers at all.
  early?.catch(() => {});
  const { exitCode, stdout, stderr } = await host.run(["nft", "-n", "list", "chains"]);
  if (exitCode !== 0) {
    if (/permitted/i.test(stderr)) throw new HostError(`nft: ${stderr.trim()}`);
    const why = exitCode === 127 ? "nft is missing (package nftables)" : `nft says "${stderr.trim().split("\n").at(-1)}"`;
    return { ...NO_NFT, unusable: why };
  }
  const { ours, prerouting } = parseNftChains(stdout);
  const [own, foreign] = await Promise.all([
    early ??
      readTables(
        host,
        FAMILIES.filter((family) => ours.has(NFT_FAMILY[family])),
      ),
    Promise.all(
      prerouting.map(async (chain) =>
        chain.ofIptables && (await frontEnd) !== "legacy" ? undefined : await follow(host, chain),
      ),
    ),
  ]);
  return { ...own, foreign: foreign.filter((chain) => chain !== undefined) };
}

/** Our tables alone, of either family that has one. */
export async function observeOurNft(host: Host): Promise<SeenNft> {
  return await readTables(host, FAMILIES);
}

/** A table that is not there is left out. */
async function readTables(host: Host, families: readonly Family[]): Promise<SeenNft> {
  const listed = (await Promise.all(families.map((family) => readTable(host, family)))).filter((table) => table !== undefined);
  const packets = (family: Family) => listed.find(({ table }) => table.family === family)?.packets ?? new Map<string, number>();
  return { ...NO_NFT, tables: listed.map(({ table }) => table), packets: { ipv4: packets("ipv4"), ipv6: packets("ipv6") } };
}

async function readTable(host: Host, family: Family): Promise<ReturnType<typeof parseNftTable> | undefined> {
  const argv = ["nft", "-n", "list", "table", NFT_FAMILY[family], NFT_TABLE];
  const result = await host.run(argv);
  if (result.exitCode === 1 && result.stderr.includes("No such file or directory")) return undefined;
  if (result.exitCode !== 0) throw new CommandError(argv, result, undefined);
  return parseNftTable(result.stdout, family);
}

/** What the rules of a base chain do, and those of the chains they lead to; not ours, which a switch of the front end leaves behind. */
async function follow(host: Host, { table, name }: ForeignChain): Promise<PreroutingChain> {
  const seen = new Set([name]);
  const writes: MarkWrite[] = [];
  let untracks = false;
  for (let next = [name]; next.length > 0; ) {
    const looks = await Promise.all(next.map((chain) => host.run(["nft", "-nt", "list", "chain", ...table.split(" "), chain])));
    // A chain that went away meanwhile says nothing, and does nothing.
    const chains = looks.map((look) => parseForeignChain(look.stdout));
    writes.push(...chains.flatMap((chain) => chain.writes));
    untracks ||= chains.some((chain) => chain.untracks);
    next = [...new Set(chains.flatMap((chain) => chain.next))]
      .filter((chain) => !seen.has(chain) && !isOurChain(chain))
      .slice(0, FOLLOWED - seen.size);
    for (const chain of next) seen.add(chain);
  }
  return { table, writes, untracks };
}
