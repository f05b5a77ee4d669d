import { formatTable, WIDTH, wrap } from "./columns.ts";
import type { ShownMarks } from "./model.ts";

/** Bits, slots, other users of marks, collisions. */
export function formatMarks(marks: ShownMarks): string {
  const { mask, arrival, lastSlot, pinnedToMain, preferences } = marks;
  const head =
    `mark-mask ${mask}: slots 1-${lastSlot}; ${pinnedToMain.slot} (${pinnedToMain.value}) is "pinned to main"; ` +
    `${arrival} is "came in by that uplink". ip rule preferences ${preferences.first}-${preferences.last}.`;
  return [...wrap(head, WIDTH).map((line) => `${line}\n`), formatSlots(marks), formatOthers(marks), formatCollisions(marks)].join(
    "",
  );
}

function formatSlots({ slots }: ShownMarks): string {
  if (slots.length === 0) return "No slot is in use\n";
  const columns = [{ title: "Slot", align: "right" as const }, { title: "Mark" }, { title: "Owner" }, { title: "Table" }];
  return formatTable(
    columns,
    slots.map(({ slot, value, owner, table }) => [String(slot), value, owner, table ?? "-"]),
  );
}

function formatOthers({ others }: ShownMarks): string {
  if (others.length === 0) return "Nobody else was seen to use marks\n";
  const columns = [{ title: "Also uses marks" }, { title: "Seen in" }, { title: "What", flexible: true }];
  return formatTable(
    columns,
    others.map(({ user, in: place, seen }) => [user ?? "unknown", place, seen]),
  );
}

function formatCollisions({ collisions }: ShownMarks): string {
  if (collisions.length === 0) return "No collisions\n";
  const lines = collisions.flatMap(({ severity, message }) =>
    wrap(`${severity}: ${message}`, WIDTH - 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}\n`),
  );
  return ["Collisions\n", ...lines].join("");
}
