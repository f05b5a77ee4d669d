import { isOurChain } from "../kernel/ownership.ts";
import { parseIptablesSave, type SavedTables } from "../kernel/parse-iptables-save.ts";
import { NFT_FAMILY } from "../kernel/plan-nft.ts";
import type { Family } from "../net/address.ts";
import { CommandError, type Host } from "./host.ts";

/** What iptables-nft-save says (1.8.9, exit code 0) instead of a table in which somebody has rules of nft's own. */
const HIDDEN = /^# Table `(raw|mangle|nat)' is incompatible/gm;

/** Chains of others that our jumps can be in. */
const JUMPED_FROM = new Set(["PREROUTING", "OUTPUT", "POSTROUTING", "VYATTA_CT_PREROUTING_HOOK", "VYATTA_CT_OUTPUT_HOOK"]);

/**
 * What `PROGRAM-save` tells of us. A table that it does not print is read chain by chain, our own and those with our jumps: only
 * the chains with rules of nft's own stay closed then, and iptables-restore works on all others.
 */
export async function saveIptables(
  host: Host,
  program: "iptables" | "ip6tables" | `${"iptables" | "ip6tables"}-${"nft" | "legacy"}`,
  family: Family,
  counters = false,
): Promise<SavedTables> {
  const argv = [`${program}-save`, ...(counters ? ["-c"] : [])];
  const save = await host.run(argv);
  if (save.exitCode !== 0) throw new CommandError(argv, save, undefined);
  const hidden = [...save.stdout.matchAll(HIDDEN)].map(([, table = ""]) => table);
  if (hidden.length === 0) return parseIptablesSave(save.stdout, family);
  const names = chainNames((await host.run(["nft", "-n", "list", "chains", NFT_FAMILY[family]])).stdout, NFT_FAMILY[family]);
  const read = await Promise.all(
    hidden.map(async (table) => {
      const chains = names.get(table) ?? [];
      const wanted = chains.filter((name) => isOurChain(name) || JUMPED_FROM.has(name));
      const looks = await Promise.all(
        wanted.map((name) => host.run([program, "-t", table, ...(counters ? ["-v"] : []), "-S", name])),
      );
      const rules = looks.flatMap(({ stdout }) => stdout.split("\n").filter((line) => line.startsWith("-A ")));
      return {
        text: [`*${table}`, ...chains.map((name) => `:${name} - [0:0]`), ...rules.map(countersFirst), "COMMIT\n"].join("\n"),
        closed: wanted.filter((_, n) => looks[n]?.exitCode !== 0).map((name) => `${table} ${name}`),
      };
    }),
  );
  return {
    ...parseIptablesSave(`${save.stdout}\n${read.map(({ text }) => text).join("")}`, family),
    closed: read.flatMap(({ closed }) => closed),
    frontEnd: "nft",
  };
}

/** Names of the chains by table, out of `nft -n list chains ip`. */
function chainNames(text: string, nftFamily: string): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  let chains: string[] = [];
  for (const line of text.split("\n")) {
    const [, family, table = ""] = /^table (\S+) (\S+) \{/.exec(line) ?? [];
    if (family !== undefined) {
      chains = [];
      if (family === nftFamily) tables.set(table, chains);
    }
    const chain = /^\tchain (\S+) \{/.exec(line)?.[1];
    if (chain !== undefined) chains.push(chain);
  }
  return tables;
}

/** `iptables -v -S` has them inside (`-c 1 60`), iptables-save in front (`[1:60]`). */
function countersFirst(rule: string): string {
  return rule.replace(/^(.*) -c (\d+) (\d+)(?= -[jg] |$)/, "[$2:$3] $1");
}

/** Which front end `iptables` is: one without any table prints nothing that would tell. `iptables-save v1.8.9 (nf_tables)`. */
export async function askFrontEnd(host: Host): Promise<SavedTables["frontEnd"]> {
  const { stdout } = await host.run(["iptables-save", "--version"]);
  return stdout.includes("(nf_tables)") ? "nft" : stdout.includes("(legacy)") ? "legacy" : undefined;
}
