import { type KernelObjects, NOTHING } from "../kernel/kernel-objects.ts";
import type { SavedTables } from "../kernel/parse-iptables-save.ts";
import type { Plan } from "../kernel/plan.ts";
import { planTables } from "../kernel/plan-tables.ts";
import type { Family } from "../net/address.ts";
import { CommandError, type Host } from "./host.ts";
import { saveIptables } from "./save-iptables.ts";

const OTHER = { nft: "legacy", legacy: "nft" } as const;

/** Tables the legacy front end has loaded; there are none where it was never used (Linux, ip_tables). */
const LEGACY_TABLES: Readonly<Record<Family, string>> = { ipv4: "/proc/net/ip_tables_names", ipv6: "/proc/net/ip6_tables_names" };

/**
 * The steps that take what is ours out of the iptables front end that is not in use: after `update-alternatives` switched it,
 * both would steer. Asking nft costs a process, so it is only done when `thorough`; asking for legacy tables costs nothing.
 */
export async function planOtherFrontEnd(
  host: Host,
  families: readonly Family[],
  inUse: SavedTables["frontEnd"],
  thorough: boolean,
): Promise<Plan> {
  if (inUse === undefined) return [];
  const other = OTHER[inUse];
  const steps = await Promise.all(
    families.map(async (family): Promise<Plan> => {
      const worthAsking = other === "nft" ? thorough : ((await host.read(LEGACY_TABLES[family])) ?? "").trim() !== "";
      const program = `${family === "ipv4" ? "iptables" : "ip6tables"}-${other}` as const;
      const saved = worthAsking ? await saveIptables(host, program, family).catch(ignoreFailure) : undefined;
      if (saved === undefined) return [];
      const { chains, jumps } = saved;
      const present: KernelObjects = { ...NOTHING, chains, jumps };
      return planTables(NOTHING, present, family).map((step) =>
        step.do === "run"
          ? { ...step, why: `clear the ${other} front end (${family})`, argv: [`${program}-restore`, ...step.argv.slice(1)] }
          : step,
      );
    }),
  );
  return steps.flat();
}

/** A front end that is not installed, or that the kernel does not support, holds nothing. */
function ignoreFailure(error: unknown): undefined {
  if (error instanceof CommandError) return undefined;
  throw error;
}
