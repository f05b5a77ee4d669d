import { expect, it } from "vitest";
import { assignSlots } from "../../../src/compile/assign-slots.ts";
import { auditDefaults } from "../../../src/compile/audit-defaults.ts";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { resolveUplinks } from "../../../src/uplink/resolve-uplinks.ts";
import { readFacts } from "../../support/read-facts.ts";

const FACTS = readFacts("link eth1 up 192.0.2.2/24\nlink eth2 up 198.51.100.2/24");
const LINES = [
  "uplink one interface eth1",
  "uplink one gateway 192.0.2.1",
  "uplink one table 20",
  "uplink two interface eth2",
  "uplink two gateway 198.51.100.1",
  "uplink two table 30",
  "uplink two if-down unreachable",
  "rule 10 set uplink one",
];

function audit(lines: readonly string[], table: number, metric: number) {
  const text = lines.map((line) => `set policy-route ${line}\n`).join("");
  const config = parseConfig(parseSetCommands(text).children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const { assignment } = assignSlots(config, FACTS.slots);
  const { uplinks } = resolveUplinks(config, FACTS);
  return auditDefaults(config, uplinks, assignment, FACTS, [{ family: "ipv4", table, metric, text: "default dev ppp0" }]);
}

it("refuses a default of others in front of a kill switch, warns where there is none", () => {
  expect(audit(LINES, 30, 5)).toEqual([
    {
      severity: "refused",
      path: ["uplink", "two"],
      message:
        `somebody else's route "default dev ppp0" in table 30 comes before if-down unreachable: packets leave by it; ` +
        "delete that route, or set another table",
    },
  ]);
  expect(audit(LINES, 20, 5)).toMatchObject([{ severity: "warning", path: ["uplink", "one"] }]);
});

it("leaves alone what is behind the kill switch, in other tables, and what a disabled configuration does not use", () => {
  expect(audit(LINES, 30, 4_294_967_000)).toEqual([]);
  expect(audit(LINES, 20, 4_294_967_000)).toHaveLength(1);
  expect(audit(LINES, 40, 5)).toEqual([]);
  expect(audit([...LINES, "disable"], 30, 5)).toEqual([]);
});
