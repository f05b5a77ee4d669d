import { type Context, EXIT } from "../context.ts";
import { superviseMonitor } from "../host/monitor-process.ts";
import { printWarnings } from "../print-warnings.ts";
import { reconcile } from "../reconcile.ts";

/** `policy-route restart`: no packet is lost, since only what differs is changed. */
export async function run(context: Context): Promise<number> {
  const settled = await reconcile(context, { reason: "restart", allowSsh: true });
  await superviseMonitor(context, settled.config !== undefined);
  printWarnings(context, settled.warnings);
  context.out(
    settled.config === undefined ? "policy-route is not configured: nothing to restart\n" : "Policy routing restarted\n",
  );
  return EXIT.fine;
}
