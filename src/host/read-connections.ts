import { parseConntrack, type TrackedConnection } from "../kernel/parse-conntrack.ts";
import { FAMILIES } from "../net/address.ts";
import { type Host, HostError } from "./host.ts";

/** Who told of the connections; `why`: nobody could. */
export type Connections =
  | { readonly from: "conntrack" | "/proc/net/nf_conntrack"; readonly connections: readonly TrackedConnection[] }
  | { readonly why: string };

const PROC = "/proc/net/nf_conntrack";

/** Milliseconds: a quarter of a million connections take a second. */
const TIMEOUT = 20_000;

/**
 * Tracked connections of both families whose mark is wanted: from conntrack(8), and where that is not installed or gets no
 * answer, from the kernel's file, which not every kernel has. Reads the whole table.
 */
export async function readConnections(host: Host, wanted: (mark: number) => boolean): Promise<Connections> {
  const [ipv4, ipv6] = await Promise.all(
    FAMILIES.map((family) => host.run(["conntrack", "-L", "-o", "extended", "-f", family], { timeout: TIMEOUT })),
  );
  if (ipv4?.exitCode === 0) return { from: "conntrack", connections: parseConntrack(ipv4.stdout + (ipv6?.stdout ?? ""), wanted) };
  const text = await readProc(host);
  if (text !== undefined) return { from: PROC, connections: parseConntrack(text, wanted) };
  const said = ipv4?.exitCode === 127 ? "conntrack is missing (package conntrack)" : `conntrack says "${ipv4?.stderr.trim()}"`;
  return { why: `${said}, and ${PROC} cannot be read` };
}

async function readProc(host: Host): Promise<string | undefined> {
  try {
    return await host.read(PROC);
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}
