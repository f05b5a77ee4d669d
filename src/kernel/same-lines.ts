import type { RuleLine } from "./kernel-objects.ts";

/** Whether a chain that is there holds exactly the wanted lines, in their order. A line without a hash is never ours. */
export function sameLines(present: readonly RuleLine[] | undefined, wanted: readonly RuleLine[]): boolean {
  return (
    present !== undefined &&
    present.length === wanted.length &&
    present.every((line, i) => line.hash !== "" && line.hash === wanted[i]?.hash)
  );
}
