import type { Config } from "../config/schema.ts";

/** What of the configuration only works while `policy-route monitor` runs, in words: `probes of uplink dsl`. Links need it not. */
export function needsMonitor(config: Config | undefined): string[] {
  if (config === undefined || config.disable) return [];
  const probed = Object.entries(config.uplink).filter(([, { disable, health }]) => !disable && health !== undefined);
  const holding = Object.entries(config.group).filter(
    ([, group]) => !group.disable && (group.failback === "manual" || group["failback-delay"] > 0),
  );
  return [
    ...probed.map(([name]) => `probes of uplink ${name}`),
    ...holding.map(([name]) => `failback of group ${name}`),
    ...(config.hook === undefined ? [] : [`hook ${config.hook}`]),
  ];
}
