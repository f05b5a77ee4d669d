import type { Expectation } from "../kernel/kernel-state.ts";
import { formatFwmark, hex32 } from "../net/fwmark.ts";
import { type AskedRoute, askRoutes } from "./ask-routes.ts";
import type { Host } from "./host.ts";

/** RTNETLINK's answer to a lookup that ends in a route of this type (Linux 6.18, iproute2 6.1). */
const REFUSALS = { prohibit: "Permission denied", unreachable: "No route to host", blackhole: "Invalid argument" } as const;

/**
 * Asks the kernel itself, with `ip route get`, which way packets with each slot's mark go. Independent of the diff: it would
 * also see a foreign ip rule in front of ours. Returns one sentence per disagreement, none when all is well. What is expected to be
 * answered is asked by `reader`, which may look at other things besides; a refusal is told by what the program says, so it runs alone.
 */
export async function askWitness(host: Host, expectations: readonly Expectation[], reader = host): Promise<string[]> {
  const answered = expectations.filter(({ answer }) => "table" in answer);
  const refused = expectations.filter(({ answer }) => !("table" in answer));
  const disagreements = await Promise.all([asking(reader, answered), asking(host, refused)]);
  return disagreements.flat();
}

async function asking(host: Host, expectations: readonly Expectation[]): Promise<string[]> {
  if (expectations.length === 0) return [];
  const answers = await askRoutes(
    host,
    expectations.map(({ destination, fwmark }) => [destination, "mark", hex32(fwmark.value), "fibmatch"]),
  );
  return expectations.flatMap((expectation, i) => disagreement(expectation, answers[i] ?? { error: "no answer" }));
}

function disagreement({ family, owner, fwmark, answer, destination }: Expectation, got: AskedRoute): string[] {
  const wrong = (wanted: string): string[] => [
    `packets marked ${formatFwmark(fwmark)} for ${owner} (${family}, asked for ${destination}) should ${wanted}, but the kernel says: ${
      got.error ?? `table ${got.table}${got.device === undefined ? "" : `, ${got.device}`}`
    }. Is there an ip rule in front of ours?`,
  ];
  if ("table" in answer) {
    const by = answer.device === undefined ? "" : `, ${answer.device}`;
    const agreed = got.table === answer.table && (answer.device === undefined || answer.device === got.device);
    return agreed ? [] : wrong(`use table ${answer.table}${by}`);
  }
  if ("notTable" in answer) return got.table === answer.notTable ? wrong("go on to main") : [];
  return got.error?.includes(REFUSALS[answer.refused]) ? [] : wrong(`be refused (${answer.refused})`);
}
