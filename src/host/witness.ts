import type { Expectation } from "../kernel/kernel-state.ts";
import { formatFwmark, hex32 } from "../net/fwmark.ts";
import type { Host } from "./host.ts";

/** What the kernel says to an expectation: the table whose route it would take, or the error it refuses with. */
interface Answer {
  readonly table?: number;
  readonly device?: string;
  readonly error?: string;
}

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
  const answers = await askAll(host, expectations);
  return expectations.flatMap((expectation, i) => disagreement(expectation, answers[i] ?? { error: "no answer" }));
}

/** One program for both families: `ip route get` goes by the family of the address. */
async function askAll(host: Host, asked: readonly Expectation[]): Promise<Answer[]> {
  const stdin = asked
    .map(({ destination, fwmark }) => `route get ${destination} mark ${hex32(fwmark.value)} fibmatch\n`)
    .join("");
  const argv = ["ip", "-N", "-j", "-force", "-batch", "-"];
  const { stdout, stderr } = await host.run(argv, { stdin });
  // Lines that fail print nothing on stdout; "Command failed -:N" on stderr says which they were (N counts from 1).
  const errors = new Map<number, string>();
  let message = "";
  for (const line of stderr.split("\n")) {
    const failed = /^Command failed -:(\d+)$/.exec(line.trim());
    if (failed === null) message = line.trim() === "" ? message : line.trim();
    else errors.set(Number(failed[1]), message);
  }
  const lines = stdout.split("\n").filter((line) => line.startsWith("[{"));
  let next = 0;
  return asked.map((_, i) => {
    const error = errors.get(i + 1);
    if (error !== undefined) return { error };
    const line = lines[next++];
    if (line === undefined) return { error: "no answer" };
    const [route] = JSON.parse(line) as { table?: string; dev?: string }[];
    return { table: Number(route?.table ?? 254), ...(route?.dev === undefined ? {} : { device: route.dev }) };
  });
}

function disagreement({ family, owner, fwmark, answer, destination }: Expectation, got: Answer): string[] {
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
