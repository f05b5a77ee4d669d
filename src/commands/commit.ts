import { type Context, EXIT } from "../context.ts";
import { readProposedConfig } from "../host/config-source.ts";
import { reconcileLoaded } from "../reconcile-loaded.ts";

/**
 * `policy-route commit`: the `end:` action of the configuration engine. Applies the proposed configuration whole or not at
 * all: the engine undoes nothing when we fail. Prints nothing when all is well, as the engine's own components do.
 */
export async function run(context: Context): Promise<number> {
  await reconcileLoaded(context, "commit", () => readProposedConfig(context.host, context.env));
  return EXIT.fine;
}
