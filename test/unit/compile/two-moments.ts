import { assignSlots } from "../../../src/compile/assign-slots.ts";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { resolveUplinks } from "../../../src/uplink/resolve-uplinks.ts";
import { readFacts } from "../../support/read-facts.ts";

/** A configuration (lines without `set policy-route`) with its slots, and what becomes of it in two moments (facts as `readFacts` has them). */
export function twoMoments(lines: readonly string[], before: string, after: string) {
  const text = lines.map((line) => `set policy-route ${line}\n`).join("");
  const config = parseConfig(parseSetCommands(text).children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const moment = (words: string) => {
    const facts = readFacts(words);
    return { uplinks: resolveUplinks(config, facts).uplinks, held: facts.liveness.held, now: facts.now };
  };
  const { assignment } = assignSlots(config, { slots: new Map(), retired: new Map() });
  return { config, assignment, former: moment(before), now: moment(after) };
}
