import { type KernelObjects, NOTHING } from "../kernel/kernel-objects.ts";
import type { SavedTables } from "../kernel/parse-iptables-save.ts";
import type { Plan } from "../kernel/plan.ts";
import { planTables } from "../kernel/plan-tables.ts";
import type { Family } from "../net/address.ts";
import type { Host } from "./host.ts";
import { type LegacyTables, saveIfThere } from "./read-legacy.ts";

const OTHER = { nft: "legacy", legacy: "nft" } as const;

/**
 * The steps that take what is ours out of the iptables front end that is not in use: after `update-alternatives` switched it,
 * both would steer. Asking nft costs a process, so it is only done when `thorough`; what `legacy` holds was read
 * before, for others' rules in it.
 */
export async function planOtherFrontEnd(
  host: Host,
  families: readonly Family[],
  inUse: SavedTables["frontEnd"],
  thorough: boolean,
  legacy: LegacyTables,
): Promise<Plan> {
  if (inUse === undefined) return [];
  const other = OTHER[inUse];
  const steps = await Promise.all(
    families.map(async (family): Promise<Plan> => {
      const program = `${family === "ipv4" ? "iptables" : "ip6tables"}-${other}` as const;
      const saved = other === "legacy" ? legacy[family] : thorough ? await saveIfThere(host, program, family) : undefined;
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
