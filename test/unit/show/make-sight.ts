import { assignSlots } from "../../../src/compile/assign-slots.ts";
import { auditMarks } from "../../../src/compile/audit-marks.ts";
import { chooseBackend } from "../../../src/compile/choose-backend.ts";
import { compile } from "../../../src/compile/compile.ts";
import { uplinkTargets } from "../../../src/compile/targets.ts";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { formatIssue } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Observed } from "../../../src/kernel/kernel-objects.ts";
import { plan } from "../../../src/kernel/plan.ts";
import { renderState } from "../../../src/kernel/render-state.ts";
import type { Situation } from "../../../src/show/imagine.ts";
import type { KernelSight, Sight } from "../../../src/show/sight.ts";
import type { ProbesKnown } from "../../../src/uplink/health-file.ts";
import type { MarkUse } from "../../../src/uplink/mark-use.ts";
import { resolveUplinks } from "../../../src/uplink/resolve-uplinks.ts";
import { readFacts } from "../../support/read-facts.ts";

const FILES = {
  rtTables: "/etc/iproute2/rt_tables.d/policy-route.conf",
  rtProtos: "/etc/iproute2/rt_protos.d/policy-route.conf",
};

export interface SightOptions {
  /** What happened to the kernel since everything was in sync. */
  readonly drift?: (observed: Observed) => Observed;
  /** Packet counters of chain lines by a part of their text, per family. */
  /** What others have. */
  readonly uses?: readonly MarkUse[];
  readonly packets?: Readonly<Record<string, readonly [ipv4: number, ipv6: number]>>;
  readonly probes?: ProbesKnown;
  readonly since?: Sight["since"];
  readonly monitor?: Sight["monitor"];
}

/** The configuration of `lines` (without `set policy-route`), and facts. */
export function readSituation(lines: string, facts: string): Situation {
  const text = lines
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => `set policy-route ${line.trim()}\n`)
    .join("");
  const config = parseConfig(parseSetCommands(text).children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const known = readFacts(facts);
  const slots = assignSlots(config, known.slots);
  const { backend } = chooseBackend(config, known);
  return { config, facts: known, slots, backend: backend.name, files: FILES, watched: false };
}

/** A router that holds exactly what `lines` and `facts` ask for, but for the drift. */
export function makeSight(lines: string, facts: string, options: SightOptions = {}): Sight & { readonly kernel: KernelSight } {
  const { config, facts: known, slots } = readSituation(lines, facts);
  const { uplinks, warnings } = resolveUplinks(config, known);
  const { backend } = chooseBackend(config, known);
  const uses = options.uses ?? [];
  const state = compile({ config, facts: known, uplinks, slots, backend: backend.name, files: FILES });
  const target = renderState(state);
  const inSync: Observed = { ...target, origins: new Map([...target.sysctls].map(([key, set]) => [key, { found: "0", set }])) };
  const observed = options.drift?.(inSync) ?? inSync;
  const packets = { ipv4: new Map<string, number>(), ipv6: new Map<string, number>() };
  const chains = [...target.chains, ...target.nft.flatMap(({ family, chains }) => chains.map((chain) => ({ family, ...chain })))];
  for (const chain of chains) {
    for (const line of chain.lines) {
      const counted = Object.entries(options.packets ?? {}).find(([part]) => line.text.includes(part))?.[1] ?? [0, 0];
      packets[chain.family].set(line.hash, counted[chain.family === "ipv4" ? 0 : 1]);
    }
  }
  const { interimFiles } = state;
  return {
    config,
    links: known.links,
    uplinks,
    slots: slots.assignment,
    held: known.liveness.held,
    forced: known.forced,
    now: known.now,
    backend,
    warnings: warnings.map(formatIssue),
    markUses: uses,
    collisions: auditMarks(
      { config, targets: uplinkTargets(config, uplinks, slots.assignment), slots: slots.assignment.slots, backend: backend.name },
      uses,
    ),
    probes: options.probes ?? new Map(),
    since: options.since ?? {},
    monitor: options.monitor,
    kernel: {
      state,
      target,
      observed,
      plan: plan(target, observed, { originsPath: "/run/policy-route/sysctls.json", staleMarks: [], interimFiles }),
      packets,
      frontEnd: "nft",
    },
    saved: undefined,
  };
}

/** The same router as somebody sees it who may not read the kernel. */
export function asSaved(sight: Sight): Sight {
  return { ...sight, kernel: undefined, saved: { at: 1_800_000_000, reason: "commit" } };
}

/** The router of the first source document, DSL beside BGP, with IPv6 on the LAN. */
export const SEED = {
  lines: `
    exempt destination 192.168.0.0/16
    uplink dsl interface eth1
    uplink dsl gateway dhcp
    uplink dsl table 20
    uplink dsl table-name 510sg
    uplink dsl mark 20
    uplink dsl if-down prohibit
    uplink dsl source-nat masquerade
    rule 10 source interface-network eth0
    rule 10 protocol tcp
    rule 10 destination port 143,80,443,8000
    rule 10 set uplink dsl`,
  facts: `
    link eth0 up 192.168.188.1/24
    link eth1 up 198.51.100.2/24
    gateway eth1 dhcp-hook 198.51.100.1,198.51.100.254 for 198.51.100.2`,
};
