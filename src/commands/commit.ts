import { type Context, EXIT } from "../context.ts";
import { readProposedConfig } from "../host/config-source.ts";
import { loadConfig } from "../load-config.ts";
import { printWarnings } from "../print-warnings.ts";
import { reconcile } from "../reconcile.ts";

/**
 * `policy-route commit`: the `end:` action of the configuration engine. Applies the proposed configuration whole or not at
 * all: the engine undoes nothing when we fail. Prints nothing when all is well, as the engine's own components do.
 */
export async function run(context: Context): Promise<number> {
  const loaded = await loadConfig(context, await readProposedConfig(context.host, context.env));
  const settled = await reconcile(context, { reason: "commit", allowSsh: true, proposed: loaded });
  printWarnings(context, [...loaded.warnings, ...settled.warnings]);
  return EXIT.fine;
}
