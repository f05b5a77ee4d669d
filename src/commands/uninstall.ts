import { type Context, EXIT } from "../context.ts";
import { stopMonitor } from "../host/monitor-process.ts";
import { reconcile } from "../reconcile.ts";

/** Takes everything out of the kernel and removes what was written below /etc, /run and /var. The configuration is not ours to remove. */
export async function run(context: Context): Promise<number> {
  const { paths, host } = context;
  await stopMonitor(context);
  await reconcile(context, { reason: "uninstall", allowSsh: false, proposed: () => ({ config: undefined, text: "" }) });
  for (const folder of [paths.run, paths.lastApplied.slice(0, paths.lastApplied.lastIndexOf("/"))])
    await host.removeFolder(folder);
  context.out("Policy routing is out of the kernel\n");
  return EXIT.fine;
}
