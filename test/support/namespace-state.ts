import { type Namespace, ROOT } from "./namespace.ts";

/** What the kernel and the file system hold, part by part, as lines that can be compared. */
export interface State {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** Tables of nftables that are not iptables-nft's, without counters. */
  readonly nft: readonly string[];
  readonly rules: readonly string[];
  readonly routes: readonly string[];
  readonly sets: readonly string[];
  readonly sysctls: readonly string[];
  /** Content of every file below /etc, /var and /config of the program's root, and of those below /run that outlive a run. */
  readonly files: readonly string[];
}

const PARTS = ["ipv4", "ipv6", "nft", "rules", "routes", "sets", "sysctls", "files"] as const;

/** A failing test shows so many lines. */
const READABLE = 20;

/** A monitor may be at work meanwhile: files come and go. */
const READ = `
mark() { printf '\\036'; }
iptables-save; mark
ip6tables-save; mark
ip -4 -N rule | sed 's/^/4 /'; ip -6 -N rule | sed 's/^/6 /'; mark
ip -4 -N -d route show table all | sed 's/^/4 /'; ip -6 -N -d route show table all | sed 's/^/6 /'; mark
ipset save; mark
for name in rp_filter src_valid_mark log_martians ignore_routes_with_linkdown arp_ignore forwarding; do
  grep -s . /proc/sys/net/ipv[46]/conf/*/$name || true
done; mark
for table in $(nft list chains | sed -n 's/^table \\(\\S*\\) \\(\\S*\\) {/\\1:\\2/p'); do
  case $table in ip:raw|ip:mangle|ip:nat|ip:filter|ip6:raw|ip6:mangle|ip6:nat|ip6:filter) ;; *) nft -ns list table $(echo $table | tr : ' ') ;; esac
done; mark
cd ${ROOT}; find . -type f ! -name lock ! -name state.json ! -name "events.jsonl*" ! -name "monitor.*" ! -name '.*' -exec grep -sH '' {} + || true
find . -type f -name '.*' | sed 's/^/left over: /'
`;

/** Reads everything this product may touch, with the tools an operator would use. */
export async function readState(router: Namespace): Promise<State> {
  const texts = (await router.sh(READ)).split("\x1e");
  const lines = (at: number) => (texts[at] ?? "").split("\n").filter((line) => line !== "");
  return {
    ipv4: rulesets(lines(0)),
    ipv6: rulesets(lines(1)),
    nft: nftRules(lines(6)),
    rules: lines(2).sort(),
    routes: lines(3).map(plain).sort(),
    sets: lines(4)
      .map((line) => line.replace(/ initval \S+/, ""))
      .sort(),
    sysctls: lines(5)
      .map((line) => line.replace("/proc/sys/net/", ""))
      .sort(),
    files: lines(7).sort(),
  };
}

function plain(line: string): string {
  return line.replace(/ (linkdown|dead|pref medium)\b/g, "").trimEnd();
}

/** Rules in their order, chain by chain, chains by name. Counters, times and tables with nothing but empty built-in chains are left out. */
function rulesets(lines: readonly string[]): string[] {
  const chains = new Map<string, string[]>();
  const fresh = new Set<string>();
  let table = "";
  for (const line of lines) {
    if (line.startsWith("*")) table = line.slice(1);
    else if (line.startsWith(":")) {
      const [name = "", policy = ""] = line.slice(1).split(" ");
      chains.set(`${table} ${name}`, [`:${policy}`]);
      if (policy === "ACCEPT") fresh.add(`${table} ${name}`);
    } else if (line.startsWith("-A ")) chains.get(`${table} ${line.split(" ")[1]}`)?.push(line);
  }
  return [...chains]
    .filter(([chain, text]) => text.length > 1 || !fresh.has(chain))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([chain, text]) => text.map((line) => `${chain} ${line}`));
}

/** Table and chain in front of each rule, tables and chains by name: the order in which they were made says nothing. */
function nftRules(lines: readonly string[]): string[] {
  const blocks = new Map<string, string[]>();
  let table = "";
  let block = "";
  for (const line of lines) {
    if (line.startsWith("table ")) table = line.slice(6, -2);
    else if (/^\t\S+ \S+ \{/.test(line)) {
      block = `${table} ${line.trim().slice(0, -2)}`;
      blocks.set(block, [""]);
    } else if (line.startsWith("\t\t")) blocks.get(block)?.push(line.trim());
    else if (/^\t[^}]/.test(line)) blocks.set(`${table} ${line.trim()}`, [""]);
  }
  return [...blocks].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, text]) => text.map((line) => `${name} ${line}`.trim()));
}

/** Lines that are in one state only: "-" in `before`, "+" in `after`. Order inside a part counts, where it was kept. */
export function difference(before: State, after: State, parts: readonly (keyof State)[] = PARTS): string[] {
  const lines = parts.flatMap((part) => {
    const [old, now] = [before[part], after[part]];
    if (old.join("\n") === now.join("\n")) return [];
    const [wasThere, isThere] = [new Set(old), new Set(now)];
    const lines = [
      ...old.filter((line) => !isThere.has(line)).map((line) => `${part}: - ${line}`),
      ...now.filter((line) => !wasThere.has(line)).map((line) => `${part}: + ${line}`),
    ];
    return lines.length > 0 ? lines : [`${part}: the same lines in another order`];
  });
  return lines.length > READABLE ? [...lines.slice(0, READABLE), `and ${lines.length - READABLE} more`] : lines;
}

/** What `before` has and `after` has not: for what others put there, which has to be there all the time. */
export function missing(before: State, after: State, parts: readonly (keyof State)[]): string[] {
  return parts.flatMap((part) => {
    const there = new Set(after[part]);
    return before[part].filter((line) => !there.has(line)).map((line) => `${part}: - ${line}`);
  });
}
