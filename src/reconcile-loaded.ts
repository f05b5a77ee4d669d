import type { Context } from "./context.ts";
import type { FoundConfig } from "./host/config-source.ts";
import { superviseMonitor } from "./host/monitor-process.ts";
import { type LoadedConfig, loadConfig } from "./load-config.ts";
import type { Looking } from "./prepare.ts";
import { printWarnings } from "./print-warnings.ts";
import { reconcile } from "./reconcile.ts";

/** Brings the kernel to a configuration that the operator commits: read, checked against this router, applied; warnings printed. */
export async function reconcileLoaded(context: Context, reason: string, find: () => Promise<FoundConfig>): Promise<void> {
  let finding: Promise<FoundConfig> | undefined;
  const found = (): Promise<FoundConfig> => (finding ??= find());
  // What is wrong with it is told by whoever asks for it.
  const begin = (): void => void found().catch(() => {});
  let loaded: LoadedConfig | undefined;
  const proposed = async (looking: Promise<Looking>): Promise<LoadedConfig> => {
    const links = looking.then(({ looking }) => looking).then((seen) => seen.links);
    links.catch(() => {});
    loaded = await loadConfig(context, await found(), links);
    return loaded;
  };
  const settled = await reconcile(context, { reason, allowSsh: true, begin, proposed });
  await superviseMonitor(context, settled.config !== undefined);
  printWarnings(context, [...(loaded?.warnings ?? []), ...settled.warnings]);
}
