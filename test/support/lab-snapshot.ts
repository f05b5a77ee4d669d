import { ROUTER, ROUTER_UPPER } from "./lab-router.ts";
import type { World } from "./lab-world.ts";

/** What the router is made of, as text in a form that two of them can be compared: part -> lines. */
export type Snapshot = Readonly<Record<string, readonly string[]>>;

/** Files that live by themselves: the lease, the logs, what FRR's command line was told. */
const LIVELY = /^\.\/(var\/lib\/dhcp|var\/log|var\/cache|run|tmp)\/|\.history_frr$/;

/** What the router's file system has that the machine's has not: contents of files, and all else that is no folder of both. */
const FILES = `
cd "$1"
find . -type f -exec sha256sum {} +
find . ! -type f -printf '%y %m %p %l\\n' | while read -r kind mode path link; do
  if ! { [ "$kind" = d ] && [ -d "/$path" ]; }; then echo "$kind $mode $path $link"; fi
done
`;

/** Tables of nftables that are not iptables-nft's, without counters. */
const NFT_TABLES = `nft list chains | sed -n 's/^table \\(.*\\) {/\\1/p' | grep -Ev ' (filter|nat|mangle|raw)$' | while read -r table; do nft -ns list table $table; done`;

/** Reads everything a program for policy routing can change, with the tools an operator would use. */
export async function takeSnapshot(world: World): Promise<Snapshot> {
  const lines = async (argv: readonly string[]) =>
    (await world.must(ROUTER, argv))
      .split("\n")
      .map((line) => line.trimEnd())
      .filter(Boolean);
  const files = await world.must(undefined, ["sh", "-euc", FILES, "files", ROUTER_UPPER]);
  return {
    "iptables-save": rules(await lines(["iptables-save"])),
    "ip6tables-save": rules(await lines(["ip6tables-save"])),
    "nft list ruleset": await lines(["sh", "-c", NFT_TABLES]),
    "ipset list": await lines(["ipset", "list", "-name"]),
    "ip rule": await lines(["ip", "rule"]),
    "ip -6 rule": await lines(["ip", "-6", "rule"]),
    "ip route show table all": (await lines(["ip", "-N", "route", "show", "table", "all"])).map(plainRoute).sort(),
    "ip -6 route show table all": (await lines(["ip", "-N", "-6", "route", "show", "table", "all"])).map(plainRoute).sort(),
    sysctl: (await lines(["sysctl", "-a", "--pattern", "^net\\.(ipv[46]\\.(conf|ip_forward|neigh)|netfilter)"])).filter(
      (line) => !/nf_conntrack_count|mtu_expires/.test(line),
    ),
    files: files
      .split("\n")
      .filter((line) => line !== "" && !LIVELY.test(line.replace(/^\S+ +(\d+ )?/, "")))
      .sort(),
  };
}

/** Counters, times and tables that hold nothing but empty built-in chains say nothing of a machine's state. */
function rules(lines: readonly string[]): string[] {
  const tables: string[][] = [];
  for (const line of lines) {
    if (line.startsWith("#")) continue;
    if (line.startsWith("*")) tables.push([]);
    tables.at(-1)?.push(line.replace(/ \[\d+:\d+\]$/, ""));
  }
  return tables
    .filter((table) => table.some((line) => !/^(\*|COMMIT|:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) ACCEPT)/.test(line)))
    .flat();
}

/** FRR numbers its next hop groups anew whenever it likes. */
function plainRoute(line: string): string {
  return line.replace(/ nhid \d+/, "").replace(/ expires \S+/, "");
}

/** What differs, as lines that start with "+" (only in `after`) or "-" (only in `before`), with the part's name in front. */
export function compareSnapshots(before: Snapshot, after: Snapshot): string[] {
  return Object.keys(before).flatMap((part) => {
    const [old, now] = [before[part] ?? [], after[part] ?? []];
    const [wasThere, isThere] = [new Set(old), new Set(now)];
    return [
      ...old.filter((line) => !isThere.has(line)).map((line) => `${part}: - ${line}`),
      ...now.filter((line) => !wasThere.has(line)).map((line) => `${part}: + ${line}`),
    ];
  });
}
