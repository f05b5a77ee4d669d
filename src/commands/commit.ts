import { type Context, EXIT } from "../context.ts";
import { readProposedConfig } from "../host/config-source.ts";
import { loadConfig } from "../load-config.ts";
import { pathsBelow } from "../paths.ts";
import { printWarnings } from "../print-warnings.ts";
import { reconcile } from "../reconcile.ts";

/**
 * `policy-route commit`: the `end:` action of the configuration engine. Applies the proposed configuration whole or not at
 * all: the engine undoes nothing when we fail. Prints nothing when all is well, as the engine's own components do.
 */
export async function run(outer: Context): Promise<number> {
  const context = await inSession(outer);
  const loaded = await loadConfig(context, await readProposedConfig(context.host, context.env));
  const settled = await reconcile(context, { reason: "commit", allowSsh: true, proposed: loaded });
  printWarnings(context, [...loaded.warnings, ...settled.warnings]);
  return EXIT.fine;
}

/** The embedded session works below a root of its own; sudo hands on only VYATTA_ variables, so the root is in a file beside the configuration. */
async function inSession(context: Context): Promise<Context> {
  const folder = context.env["VYATTA_POLICY_ROUTE_SESSION"];
  const root = folder === undefined || folder === "" ? undefined : await context.host.read(`${folder}/root`);
  return root === undefined ? context : { ...context, paths: pathsBelow(root.trim().replace(/\/+$/, "")) };
}
