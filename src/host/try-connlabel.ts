import type { Host } from "./host.ts";

/** The matches that iptables' kernel part has now, built in or loaded (Linux, x_tables). Absent where only nf_tables is there. */
const MATCHES = "/proc/net/ip_tables_matches";

const TRIAL = `*mangle
:POLICY_ROUTE_TRIAL - [0:0]
-A POLICY_ROUTE_TRIAL -m connlabel --label 127 --set
COMMIT
`;

/**
 * Whether iptables can label connections. `--test` asks the program, which has wanted a file of names for them before 1.6
 * [read, not tried], and changes nothing; it does not ask the kernel, so the module is looked for.
 */
export async function tryConnlabel(host: Host): Promise<boolean> {
  const [{ exitCode }, matches] = await Promise.all([
    host.run(["iptables-restore", "--noflush", "--test", "--wait", "10"], { stdin: TRIAL }),
    host.read(MATCHES),
  ]);
  if (exitCode !== 0) return false;
  if (matches?.split("\n").includes("connlabel")) return true;
  return (await host.run(["modprobe", "-q", "-n", "xt_connlabel"])).exitCode === 0;
}
