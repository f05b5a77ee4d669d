import { expect, test } from "vitest";
import { formatEvents } from "../../../src/show/format-events.ts";

const at = (day: number, hour: number): number => new Date(2026, 10, day, hour, 40, 2, 113).getTime();

test("events of today have the time, older ones make the day stand in front", () => {
  const lte = { at: at(20, 11), uplink: "lte", kind: "down", text: "no carrier" } as const;
  const drift = { at: at(20, 12), kind: "drift", text: "ip rule 600 was removed; put right" } as const;
  expect(formatEvents([lte, drift], at(20, 13))).toBe(
    `Time          Who  Event  What
11:40:02.113  lte  down   no carrier
12:40:02.113       drift  ip rule 600 was removed; put right
`,
  );
  expect(formatEvents([lte], at(21, 1))).toContain("\n2026-11-20 11:40:02.113  lte");
  expect(
    formatEvents([{ at: at(20, 11), kind: "group", group: "web", uplink: "lte", text: "dsl -> lte" }], at(20, 13)),
  ).toContain("\n11:40:02.113  web  group  dsl -> lte\n");
  expect(formatEvents([], 0)).toBe("Nothing has happened since the last start\n");
});
