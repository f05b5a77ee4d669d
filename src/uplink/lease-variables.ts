import { dhcpReport, type HookEnvironment } from "./dhcp-report.ts";
import type { GatewayReport } from "./facts.ts";

/**
 * Parses the file in which the routers' own DHCP hook (Vyatta Core 6, EdgeOS, VyOS) keeps a lease as shell variables, one
 * `name='value'` a line below a line with the date. They are the variables of dhclient's environment, so they are read alike;
 * but option 121 is not among them. `undefined` when the file says nothing about a gateway. `at`: when the file was written.
 */
export function parseLeaseVariables(text: string, at: number): GatewayReport | undefined {
  const env: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^([a-z0-9_]+)='?([^']*)'?\s*$/.exec(line);
    if (match !== null && match[1] !== undefined && match[2] !== undefined) env[match[1]] = match[2];
  }
  const { report } = dhcpReport(env satisfies HookEnvironment, at);
  return report?.family === "ipv4" ? { ...report, source: "lease-file" } : undefined;
}
