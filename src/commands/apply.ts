import { readLastApplied } from "../applied.ts";
import type { Config } from "../config/schema.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { readConfigFile } from "../host/config-source.ts";
import { parseApplied } from "../parse-applied.ts";
import { reconcile } from "../reconcile.ts";
import { reconcileLoaded } from "../reconcile-loaded.ts";
import type { Facts, Link } from "../uplink/facts.ts";

export interface ApplyOptions {
  readonly config?: string;
  readonly boot?: boolean;
}

/** `policy-route apply --config FILE`, and `apply --boot` for the boot unit. */
export async function run(context: Context, options: ApplyOptions): Promise<number> {
  if (options.boot === true) return await shutKillSwitches(context);
  if (options.config === undefined) throw new OperatorError("apply needs --config FILE (or --boot)");
  const file = options.config;
  await reconcileLoaded(context, `apply ${file}`, () => readConfigFile(context.host, file));
  return EXIT.fine;
}

/**
 * Before the router's configuration is loaded, interfaces come up one by one; what a kill switch guards would leak by the
 * first of them. So the last life's state is put in place with every uplink down. Where nothing was guarded, nothing is done.
 */
async function shutKillSwitches(context: Context): Promise<number> {
  const last = await readLastApplied(context);
  if (last === undefined) return EXIT.fine;
  const { config, text } = await parseApplied(context, last.text);
  if (config === undefined || config.disable || !guards(config)) return EXIT.fine;
  await reconcile(context, {
    reason: "boot",
    allowSsh: false,
    proposed: () => ({ config, text }),
    adjust: (facts) => asDown(facts, last.links),
    // Nothing happened yet, and /config may not be there.
    callHook: () => {},
  });
  return EXIT.fine;
}

/** Whether something must not leave by main: a kill switch, of a group too, whose members need none, or a rule that refuses. */
function guards({ uplink, group, rule }: Config): boolean {
  const switches = [...Object.values(uplink), ...Object.values(group)].some((one) => one["if-down"] !== "main");
  return switches || Object.values(rule).some(({ disable, action }) => !disable && (action === "drop" || action === "prohibit"));
}

/** The interfaces as they were, all of them down: their networks are still known, their gateways are not. */
function asDown(facts: Facts, links: readonly Link[]): Facts {
  const present = new Set(facts.links.map((link) => link.name));
  const gone = links.filter((link) => !present.has(link.name) || !link.loopback);
  const kept = facts.links.filter((link) => !gone.some((other) => other.name === link.name));
  return { ...facts, gateways: [], links: [...kept, ...gone.map((link) => ({ ...link, up: false, carrier: false }))] };
}
