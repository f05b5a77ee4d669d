import type { AssignedSlots } from "../compile/assign-slots.ts";
import { type CompileInput, compile } from "../compile/compile.ts";
import type { Config } from "../config/schema.ts";
import { notConfigured } from "../config/suggest.ts";
import { OperatorError } from "../context.ts";
import { renderState } from "../kernel/render-state.ts";
import type { Facts } from "../uplink/facts.ts";
import { outagesOf, updateHolds } from "../uplink/hold.ts";
import { resolveUplinks } from "../uplink/resolve-uplinks.ts";
import type { KernelSight, Sight } from "./sight.ts";

/** What is imagined of one uplink: its line is cut, or works again with everything that hangs on it. */
export interface Change {
  readonly uplink: string;
  readonly to: "up" | "down";
}

/** What a reconcile would be made from. */
export interface Situation extends Pick<CompileInput, "config" | "facts" | "files" | "backend"> {
  readonly slots: AssignedSlots;
  /** The monitor runs: it holds members of groups back that went down. */
  readonly watched: boolean;
}

/**
 * The router as it would be seen after the changes, once everything is applied: the same compile with other facts. `down` is a
 * line without carrier, so that all uplinks of the interface go; `up` gives it carrier, and the probes answer. What the operator
 * forced stays forced, and a gateway that is not known stays unknown.
 * @throws OperatorError for uplinks that are not there, or cannot be up and down at once
 */
export function imagine(sight: Sight, kernel: KernelSight, situation: Situation, changes: readonly Change[]): Sight {
  const { config, slots, watched } = situation;
  const changed = changeFacts(config, situation.facts, changes);
  const { uplinks } = resolveUplinks(config, changed);
  const { held } = watched ? updateHolds(changed.liveness, config, outagesOf(uplinks), changed.now) : changed.liveness;
  const facts: Facts = { ...changed, liveness: { ...changed.liveness, held } };
  const state = compile({ ...situation, facts, uplinks, slots });
  const target = renderState(state);
  return {
    ...sight,
    links: facts.links,
    uplinks,
    held,
    kernel: { ...kernel, state, target, observed: { ...target, origins: new Map() }, plan: [] },
  };
}

function changeFacts(config: Config, facts: Facts, changes: readonly Change[]): Facts {
  const wires = new Map<string, Change>();
  for (const change of changes) {
    const device = deviceOf(config, change.uplink);
    const other = wires.get(device);
    if (other !== undefined && other.to !== change.to) {
      const who = other.uplink === change.uplink ? `uplink ${other.uplink}` : `uplinks ${other.uplink} and ${change.uplink}`;
      throw new OperatorError(`${who} cannot be up and down at once: ${device} either has carrier or has not`);
    }
    wires.set(device, change);
  }
  const links = facts.links.map((link) => {
    const to = wires.get(link.name)?.to;
    if (to === undefined) return link;
    return to === "up" ? { ...link, up: true, carrier: true } : { ...link, carrier: false };
  });
  const answering = new Set(changes.flatMap(({ uplink, to }) => (to === "up" ? [uplink] : [])));
  const health = new Map([...facts.liveness.health].filter(([uplink]) => !answering.has(uplink)));
  return { ...facts, links, liveness: { ...facts.liveness, health } };
}

function deviceOf(config: Config, name: string): string {
  const uplink = config.uplink[name];
  if (uplink === undefined) throw new OperatorError(notConfigured("uplink", name, Object.keys(config.uplink)));
  if (uplink.disable || uplink.interface === undefined)
    throw new OperatorError(`uplink ${name} is disabled: it is neither up nor down`);
  return uplink.interface;
}
