import { parseConntrack, type TrackedConnection } from "../kernel/parse-conntrack.ts";
import { FAMILIES } from "../net/address.ts";
import { type Fwmark, formatFwmark } from "../net/fwmark.ts";
import { type Host, isHostError } from "./host.ts";

/** Who told of the connections; `why`: nobody could. */
export type Connections =
  | { readonly from: "conntrack" | "/proc/net/nf_conntrack"; readonly connections: readonly TrackedConnection[] }
  | { readonly why: string };

const PROC = "/proc/net/nf_conntrack";

/** Milliseconds: a quarter of a million connections take a second. */
const TIMEOUT = 20_000;

/**
 * Tracked connections of both families whose mark is wanted: from conntrack(8), and where that is not installed or gets no
 * answer, from the kernel's file, which not every kernel has. With `marks` the kernel hands out no others, else all it has.
 */
export async function readConnections(
  host: Host,
  wanted: (mark: number) => boolean,
  marks?: readonly Fwmark[],
): Promise<Connections> {
  const filters = marks === undefined ? [[]] : marks.map((mark) => ["-m", formatFwmark(mark)]);
  const looks = await Promise.all(
    FAMILIES.flatMap((family) =>
      filters.map((filter) => host.run(["conntrack", "-L", "-o", "extended", "-f", family, ...filter], { timeout: TIMEOUT })),
    ),
  );
  const failed = looks.find(({ exitCode }) => exitCode !== 0);
  if (failed === undefined)
    return { from: "conntrack", connections: parseConntrack(looks.map(({ stdout }) => stdout).join(""), wanted) };
  const text = await readProc(host);
  if (text !== undefined) return { from: PROC, connections: parseConntrack(text, wanted) };
  const said = failed.exitCode === 127 ? "conntrack is missing (package conntrack)" : `conntrack says "${failed.stderr.trim()}"`;
  return { why: `${said}, and ${PROC} cannot be read` };
}

async function readProc(host: Host): Promise<string | undefined> {
  try {
    return await host.read(PROC);
  } catch (error) {
    if (isHostError(error)) return undefined;
    throw error;
  }
}
