import type { ForeignRule, ForeignWrite } from "../net/foreign-marks.ts";
import { formatFwmark, hex32 } from "../net/fwmark.ts";
import type { MarkUse } from "./mark-use.ts";
import { MARK_USERS, type MarkUser } from "./mark-users.ts";

/** What the kernel holds of other users of marks. The same in both families is said once. */
export function kernelUses(rules: readonly ForeignRule[], writes: readonly ForeignWrite[]): MarkUse[] {
  const uses = [...rules.map(ruleUse), ...writes.map(writeUse)];
  return [...new Map(uses.map((use) => [JSON.stringify(use), use])).values()];
}

function ruleUse(rule: ForeignRule): MarkUse {
  const user = MARK_USERS.find(({ isRule }) => isRule?.(rule) === true);
  const chosen = user !== undefined && (user.choosesPreference?.(rule) ?? true);
  return {
    ...(user === undefined ? {} : { user: user.name }),
    in: "kernel",
    seen: `ip rule ${rule.text}`,
    ...(chosen ? { preference: rule.preference } : {}),
    ...(user === undefined || rule.table === undefined || isKernelTable(rule.table) ? {} : { table: rule.table }),
    ...(rule.fwmark === undefined || rule.negated ? {} : { asks: rule.fwmark }),
  };
}

/** `unspec`, `default`, `main`, `local` (rtnetlink.h) are nobody's. */
function isKernelTable(table: number): boolean {
  return table === 0 || (table >= 253 && table <= 255);
}

function writeUse({ write, place, hooks }: ForeignWrite): MarkUse {
  const user = userAt(place) ?? MARK_USERS.find(({ isWrite }) => isWrite?.(write) === true);
  const what = write.value === undefined ? `bits ${hex32(write.mask)}` : formatFwmark({ value: write.value, mask: write.mask });
  return {
    ...(user === undefined ? {} : { user: user.name }),
    in: "kernel",
    seen: `${place} writes ${what} into the mark of ${write.of}s`,
    write,
    hooks,
  };
}

function userAt(place: string): MarkUser | undefined {
  return MARK_USERS.find(({ chains, nftTables }) => chains?.test(place) === true || nftTables?.test(place) === true);
}
