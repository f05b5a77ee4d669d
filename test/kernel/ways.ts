import type { Namespace } from "../support/namespace.ts";
import type { State } from "../support/namespace-state.ts";

type Family = "ipv4" | "ipv6";

/** One address no test network holds, per family. */
const ASKED = { ipv4: "192.0.2.1", ipv6: "2600::1" } as const;

/** Marks that the target chains give, with their owner: `uplink a` -> `0x100000`. Read from iptables-save and nft as they stand. */
export function marksInChains(state: State, family: Family): Map<string, string> {
  const marks = new Map<string, string>();
  const table = family === "ipv4" ? "ip" : "ip6";
  const nft = new RegExp(
    `^${table} policy_route chain POLICY_ROUTE_T_\\d+ counter meta mark set .* \\| (0x[0-9a-f]+) comment "policy-route:[0-9a-f]{16} ([^"]+)"`,
  );
  for (const line of state.nft) {
    const found = nft.exec(line);
    if (found?.[1] !== undefined && found[2] !== undefined) marks.set(found[2], found[1]);
  }
  for (const line of state[family]) {
    const found = /^mangle POLICY_ROUTE_T_\d+ -A .* "policy-route:[0-9a-f]{16} ([^"]+)" -j MARK --set-xmark (0x[0-9a-f]+)\//.exec(
      line,
    );
    if (found?.[1] !== undefined && found[2] !== undefined) marks.set(found[1], found[2]);
  }
  return marks;
}

/** Which way the kernel sends a packet of each owner, one without a mark, and one from each own address: `via 198.51.100.1 dev eth1`, or a refusal. */
export async function askWays(router: Namespace, state: State): Promise<Record<string, string>> {
  const questions = (["ipv4", "ipv6"] as const).flatMap((family) => {
    const marks = [...marksInChains(state, family)].map(([owner, mark]) => ({ family, name: owner, words: `mark ${mark}` }));
    const own = family === "ipv4" ? ["198.51.100.2", "198.51.100.7", "203.0.113.2"] : ["2001:db8:1::2", "2001:db8:2::2"];
    const sources = own.map((address) => ({ family, name: `from ${address}`, words: `from ${address}` }));
    return [...marks, ...sources, { family, name: "main", words: "" }];
  });
  const answers = await ask(router, questions);
  return Object.fromEntries(questions.map(({ family, name }, i) => [`${family} ${name}`, answers[i] ?? ""]));
}

/** Which way packets with these marks go. */
export function askMarks(router: Namespace, family: Family, marks: readonly string[]): Promise<string[]> {
  return ask(
    router,
    marks.map((mark) => ({ family, words: `mark ${mark}` })),
  );
}

async function ask(router: Namespace, questions: readonly { family: Family; words: string }[]): Promise<string[]> {
  const lines = questions.map(
    ({ family, words }) =>
      `ip ${family === "ipv4" ? "-4" : "-6"} route get ${ASKED[family]} ${words} fibmatch 2>&1 || true; printf '\\036'`,
  );
  return (await router.sh(lines.join("\n"))).split("\x1e").slice(0, questions.length).map(way);
}

function way(answer: string): string {
  const found = /(via \S+ )?dev \S+/.exec(answer);
  return found === null || answer.startsWith("RTNETLINK") ? (answer.trim().split("\n")[0] ?? "") : found[0];
}

/** Built-in chains in which a jump of ours is not the first rule, or is there twice. */
export function misplacedJumps(state: State): string[] {
  return (["ipv4", "ipv6"] as const).flatMap((family) => {
    const chains = new Map<string, string[]>();
    for (const line of state[family]) {
      const [table = "", chain = ""] = line.split(" ");
      if (/^(PREROUTING|OUTPUT|POSTROUTING)$/.test(chain) && line.includes(" -A "))
        chains.set(`${family} ${table} ${chain}`, [...(chains.get(`${family} ${table} ${chain}`) ?? []), line]);
    }
    const ours = (line: string) => / -j POLICY_ROUTE_/.test(line);
    const misplaced = [...chains].filter(([, lines]) => lines.some((line, i) => ours(line) && i > 0)).map(([chain]) => chain);
    const marks = state[family].some((line) => line.startsWith("mangle POLICY_ROUTE_PRE "));
    return marks && !ours(chains.get(`${family} mangle PREROUTING`)?.[0] ?? "")
      ? [...misplaced, `${family} has no jump`]
      : misplaced;
  });
}
