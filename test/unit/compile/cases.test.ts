import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { assignSlots } from "../../../src/compile/assign-slots.ts";
import { chooseBackend } from "../../../src/compile/choose-backend.ts";
import { compile } from "../../../src/compile/compile.ts";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { findFirewallGroups } from "../../../src/config/firewall-groups.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { fillNames } from "../../../src/config/outside-names.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { formatPlan } from "../../../src/kernel/format-plan.ts";
import { NOTHING, type Observed } from "../../../src/kernel/kernel-objects.ts";
import { plan } from "../../../src/kernel/plan.ts";
import { renderState } from "../../../src/kernel/render-state.ts";
import { resolveUplinks } from "../../../src/uplink/resolve-uplinks.ts";
import { readFacts } from "../../support/read-facts.ts";

/**
 * A case is a folder: config.set, facts.txt and kernel.txt, the commands that make the state from nothing. A new case needs
 * no code: write the first two, run with UPDATE=1, and read the third.
 */
const CASES = fileURLToPath(new URL("cases", import.meta.url));

/** Who there is on the machine of the cases. */
const IDS = { users: new Map([["mldonkey", 1005]]), userGroups: new Map([["p2p", 1007]]) };

/** Sets of ipset that a commit found. */
const SETS = new Map(["office", "blocked", "vanished"].map((name) => [name, { type: "hash:net", family: "ipv4" } as const]));

/** Sysctls are there with the value 0, as in a fresh kernel. */
function emptyKernel(keys: Iterable<string>): Observed {
  return { ...NOTHING, sysctls: new Map([...keys].map((key) => [key, "0"])), origins: new Map() };
}

function kernelText(folder: string): string {
  const router = parseSetCommands(readFileSync(join(folder, "config.set"), "utf8"));
  const parsed = parseConfig(router.children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const config = fillNames(parsed, IDS, findFirewallGroups(parsed, router, BUILT_IN_LOOKUPS).groups, SETS);
  const facts = readFacts(readFileSync(join(folder, "facts.txt"), "utf8"));
  const { uplinks } = resolveUplinks(config, facts);
  const files = {
    rtTables: "/etc/iproute2/rt_tables.d/policy-route.conf",
    rtProtos: "/etc/iproute2/rt_protos.d/policy-route.conf",
  };
  const state = compile({
    config,
    facts,
    uplinks,
    slots: assignSlots(config, facts.slots),
    backend: chooseBackend(config, facts).backend.name,
    files,
  });
  const { staleMarks, interimFiles } = state;
  const steps = plan(renderState(state), emptyKernel(state.sysctls.keys()), {
    originsPath: "/run/policy-route/sysctls.json",
    staleMarks,
    interimFiles,
  });
  const witness = state.expectations.map(
    ({ family, owner, fwmark, destination, answer }) =>
      `${owner} ${family}: ip route get ${destination} mark 0x${fwmark.value.toString(16)} -> ${JSON.stringify(answer)}\n`,
  );
  return `${formatPlan(steps)}Witness\n${witness.join("")}`;
}

describe("compile", () => {
  for (const name of readdirSync(CASES)) {
    it(name, () => {
      const folder = join(CASES, name);
      const text = kernelText(folder);
      const file = join(folder, "kernel.txt");
      if (process.env["UPDATE"] === "1") writeFileSync(file, text);
      expect(text).toBe(readFileSync(file, "utf8"));
    });
  }
});
