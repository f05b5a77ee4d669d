import { readApplied } from "../applied.ts";
import { markField, slotOnly } from "../compile/mark-field.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { deleteConnections } from "../host/delete-connections.ts";
import { look } from "../look.ts";
import { mustBeConfigured, mustHave } from "../must-have.ts";
import { printWarnings } from "../print-warnings.ts";
import { reconcile } from "../reconcile.ts";
import { marksOfUplink } from "../show/show-connections.ts";
import { countWords } from "../show/words.ts";
import { startHealth } from "../uplink/health.ts";
import { parseProbes, renderProbes } from "../uplink/health-file.ts";
import { type Liveness, parseLiveness, renderLiveness } from "../uplink/liveness.ts";

const USAGE = "usage: policy-route reset uplink NAME | policy-route reset connections [uplink NAME]";

/** `policy-route reset ...`: forgets what was learnt of an uplink by watching, or deletes our tracked connections. */
export async function run(context: Context, words: readonly string[]): Promise<number> {
  const [what, ...rest] = words;
  const [kind, name] = rest;
  if (what === "uplink" && kind !== undefined && rest.length === 1) return await resetUplink(context, kind);
  if (what === "connections" && rest.length === 0) return await resetConnections(context, undefined);
  if (what === "connections" && kind === "uplink" && name !== undefined && rest.length === 2)
    return await resetConnections(context, name);
  throw new OperatorError(USAGE);
}

/**
 * Verdict of the probes, flaps with their hold-downs, and where it is held back: all of it forgotten, as if the uplink were seen
 * for the first time. What the operator forced stays (`force ... auto`), and so do leases: only the DHCP client knows better.
 */
async function resetUplink(context: Context, name: string): Promise<number> {
  const settled = await reconcile(context, {
    reason: `reset uplink ${name}`,
    allowSsh: true,
    edit: () => forget(context, name),
  });
  printWarnings(context, settled.warnings);
  context.out(`Uplink ${name} begins anew\n`);
  return EXIT.fine;
}

async function forget(context: Context, name: string): Promise<() => Promise<void>> {
  const { host, paths } = context;
  mustHave("uplink", name, (await readApplied(context)).config);
  const [liveness, probes] = await Promise.all([host.read(paths.liveness), host.read(paths.probes)]);
  if (liveness !== undefined) await host.write(paths.liveness, renderLiveness(without(parseLiveness(liveness), name)));
  const known = parseProbes(probes);
  const old = known.get(name);
  if (old !== undefined) {
    // Later than anything the monitor has of it: that is how the monitor knows (watch-health.ts).
    const fresh = startHealth(Object.keys(old.targets), host.now() / 1000);
    await host.write(paths.probes, renderProbes(new Map([...known, [name, fresh]])));
  }
  return async () => {
    if (liveness !== undefined) await host.write(paths.liveness, liveness);
    if (old !== undefined && probes !== undefined) await host.write(paths.probes, probes);
  };
}

function without({ health, held, flaps }: Liveness, name: string): Liveness {
  const others = <T>(all: ReadonlyMap<string, T>) => new Map([...all].filter(([uplink]) => uplink !== name));
  return {
    health: others(health),
    flaps: others(flaps),
    held: new Map([...held].map(([group, members]) => [group, others(members)])),
  };
}

/** Connections that carry a slot of ours, so that their next packet is judged by the rules as they are now. */
async function resetConnections(context: Context, name: string | undefined): Promise<number> {
  const { config: seen, slots } = await look(context);
  const config = name === undefined ? mustBeConfigured(seen) : mustHave("uplink", name, seen);
  const field = markField(config["mark-mask"]);
  const every = () => [...slots.slots.values(), field.pinnedToMain].map((slot) => slotOnly(field, slot));
  const count = await deleteConnections(context.host, name === undefined ? every() : marksOfUplink(config, slots, name));
  context.out(`${countWords(count)} ${count === 1 ? "connection" : "connections"} forgotten\n`);
  return EXIT.fine;
}
