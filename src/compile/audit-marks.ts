import type { Issue } from "../config/issue.ts";
import type { Config } from "../config/schema.ts";
import { PREFERENCE, TABLE_BASE } from "../kernel/ownership.ts";
import { hex32 } from "../net/fwmark.ts";
import type { MarkUse } from "../uplink/mark-use.ts";
import { PROHIBIT_OWNER } from "./assign-slots.ts";
import { auditMask } from "./audit-mask.ts";
import type { Backend } from "./choose-backend.ts";
import { type MarkField, markField, slotMark } from "./mark-field.ts";
import type { UplinkTarget } from "./targets.ts";

/**
 * Where we and another user of marks, preferences or tables want the same. `refused`: a commit is; `warning`: packets are affected;
 * `note`: he writes our bits, and no packet is affected by it.
 */
export interface Collision extends Issue {
  readonly severity: "refused" | "warning" | "note";
}

/** What of ours others could want. */
export interface Wants {
  readonly config: Config;
  readonly targets: readonly UplinkTarget[];
  /** Slot of each owner. */
  readonly slots: ReadonlyMap<string, number>;
  readonly backend: Backend["name"];
}

/** First and last preference of our ip rules. */
export function preferenceBand(config: Config): readonly [first: number, last: number] {
  const base = config["rule-priority"];
  return [base, base + Math.max(...Object.values(PREFERENCE))];
}

/** Everything on which we and others collide, refusals first. Only users who are known can own a table or a preference. */
export function auditMarks(wants: Wants, uses: readonly MarkUse[]): Collision[] {
  if (wants.config.disable || wants.slots.size === 0) return [];
  const known = uses.filter(({ user }) => user !== undefined);
  const found = [
    ...auditTables(wants, known),
    ...auditPreferences(wants.config, known),
    ...uses.flatMap((use) => auditUse(wants, use)),
  ];
  found.push(...auditMask(wants, known));
  const once = [...new Map(found.map((one) => [`${one.path.join(" ")}: ${one.message}`, one])).values()];
  return (["refused", "warning", "note"] as const).flatMap((severity) => once.filter((one) => one.severity === severity));
}

/** `Tailscale (ip rule 5210: ...)` */
function who({ user, seen }: MarkUse): string {
  return user === undefined ? seen : `${user} (${seen})`;
}

/** A table with two owners has the routes of both, and packets of both follow them. */
function auditTables({ targets, slots }: Wants, known: readonly MarkUse[]): Collision[] {
  const taken = new Set([...known.flatMap(({ table }) => table ?? []), ...targets.map(({ table }) => table)]);
  const owner = (table: number) => known.find((use) => use.table === table);
  const free = (slot: number): number => {
    let table = TABLE_BASE + slot;
    while (taken.has(table)) table += 100;
    return table;
  };
  const found = targets.flatMap(({ name, table, slot, config }): Collision[] => {
    const use = owner(table);
    if (use === undefined) return [];
    const what = config.table === undefined ? `table ${table}, its default,` : `table ${table}`;
    const message = `${what} belongs to ${who(use)}; use another, such as ${free(slot)}`;
    return [{ severity: "refused", path: ["uplink", name], message }];
  });
  // Groups, their members and the action prohibit have the table of their slot, and no leaf for another.
  const byDefault = [...slots].flatMap(([name, slot]): Collision[] => {
    const use = owner(TABLE_BASE + slot);
    const [kind = "", group = ""] = name.split(" ");
    if (use === undefined || (name !== PROHIBIT_OWNER && kind !== "group" && kind !== "member")) return [];
    const message =
      `${name === PROHIBIT_OWNER ? "action prohibit" : name} needs table ${TABLE_BASE + slot}, which belongs to ${who(use)}; ` +
      `give mark ${slot} to an uplink with a table of its own, then it takes another`;
    return [{ severity: "refused", path: name === PROHIBIT_OWNER ? [] : ["group", group], message }];
  });
  return [...found, ...byDefault];
}

/** Among our preferences his rules would be asked between ours, or ours between his. */
function auditPreferences(config: Config, known: readonly MarkUse[]): Collision[] {
  const [first, last] = preferenceBand(config);
  const taken = known.flatMap(({ preference }) => preference ?? []);
  const isFree = (base: number): boolean => !taken.some((one) => one >= base && one <= base + last - first);
  const right = Array.from({ length: 319 }, (_, i) => (i + 1) * 100).find((base) => base >= 600 && isFree(base));
  const byUser = new Map(
    known.flatMap((use) =>
      use.preference !== undefined && use.preference >= first && use.preference <= last ? [[use.user, use] as const] : [],
    ),
  );
  return [...byUser.values()].map((use) => ({
    severity: "refused",
    path: ["rule-priority"],
    message:
      `${first} takes the ip rule preferences ${first}-${last}, of which ${use.preference} belongs to ${who(use)}` +
      (right === undefined ? "" : `; use another, such as ${right}`),
  }));
}

function auditUse(wants: Wants, use: MarkUse): Collision[] {
  const field = markField(wants.config["mark-mask"]);
  return [...auditRule(wants, field, use), ...auditWrite(wants, field, use)];
}

/** Whose mark it is, in the whole field. */
function ownerOf({ slots }: Wants, field: MarkField, bits: number): string | undefined {
  return [...slots].find(([, slot]) => slotMark(field, slot).value === bits >>> 0)?.[0];
}

/** An ip rule of his that looks at our bits only asks for packets of ours. */
function auditRule(wants: Wants, field: MarkField, use: MarkUse): Collision[] {
  const { asks } = use;
  if (asks === undefined || (asks.value & ~field.mask) !== 0 || (asks.value & field.mask) === 0) return [];
  const asked = [...wants.slots].filter(([, slot]) => (slotMark(field, slot).value & asks.mask) >>> 0 === asks.value);
  return asked.map(([owner]) => ({
    severity: "warning",
    path: ["mark-mask"],
    message: `packets for ${owner} have the mark that ${who(use)} asks for: they go where it leads when it is asked before ours`,
  }));
}

function auditWrite(wants: Wants, field: MarkField, use: MarkUse): Collision[] {
  const { write } = use;
  if (write === undefined || (write.mask & field.mask) === 0 || use.hooks?.length === 0) return [];
  const covers = (write.mask & field.slotMask) >>> 0 === field.slotMask;
  const owner = write.value === undefined ? undefined : ownerOf(wants, field, write.value & field.mask);
  if (owner !== undefined && covers) {
    const message = `${who(use)}: that is the mark of ${owner}, so ${write.of}s that no rule steers go its way too; one of the two has to take another mark`;
    return [{ severity: "warning", path: ["mark-mask"], message }];
  }
  if (!covers) return [];
  if (write.of === "connection" && forgets(wants.backend, field, use)) {
    const message =
      `${who(use)}: connections that come there forget their uplink, and their later packets are not steered; ` +
      `it has to leave the bits ${hex32(field.mask)} alone`;
    return [{ severity: "warning", path: ["mark-mask"], message }];
  }
  const why = wants.backend === "iptables" ? "are accepted before they come to it" : "get their mark after it";
  return [{ severity: "note", path: ["mark-mask"], message: `${who(use)}: all of it is written; steered packets ${why}` }];
}

/**
 * Whether a rule that writes connection marks takes the memory of a steered connection. In iptables, packets of ours are accepted
 * before they come to it, but only in the first hooks. In nftables ours comes after it and has nothing but the connection
 * mark to go by; beside WAN load balancing it has a label (ADR 7).
 */
function forgets(backend: Backend["name"], field: MarkField, { user, write, hooks = ["PREROUTING"] }: MarkUse): boolean {
  const { only } = write ?? {};
  const spared =
    only !== undefined && (only.mask & field.slotMask) >>> 0 === field.slotMask && (only.value & field.slotMask) === 0;
  if (spared || user === "WAN load balancing") return false;
  return backend === "nftables" || hooks.some((hook) => hook !== "PREROUTING" && hook !== "OUTPUT");
}
