import { type Context, EXIT } from "../context.ts";
import { dhcpReport, type HookEnvironment, type HookReport } from "../uplink/dhcp-report.ts";
import type { GatewayReport } from "../uplink/facts.ts";
import { parseRecord, recordDiffers, recordName, renderRecord } from "../uplink/lease-record.ts";
import { pppReport } from "../uplink/ppp-report.ts";

/** What makes the kernel follow; given by tests, loaded when it is needed otherwise. */
export type Reconcile = (context: Context, options: { readonly reason: string; readonly allowSsh: false }) => Promise<unknown>;

const USAGE = "usage: policy-route lease dhcp | policy-route lease ppp|ppp6 up|down INTERFACE TTY SPEED LOCAL REMOTE";

/**
 * `policy-route lease ...`: called by the hooks of the DHCP client and of pppd. Records what they say and, when something that
 * counts has changed and a configuration is applied, reconciles. Always exits 0 but for a usage error: the DHCP client and
 * pppd must not suffer from us. What goes wrong is logged by logger(1). Never uses ssh.
 */
export async function run(context: Context, words: readonly string[], reconcile = lazyReconcile): Promise<number> {
  const hook = reportOf(words, context.env, Math.floor(context.host.now() / 1000));
  if (hook === undefined) {
    context.err(`${USAGE}\n`);
    return EXIT.operator;
  }
  for (const problem of hook.problems) await log(context, `${words.slice(0, 2).join(" ")}: ${problem}`);
  if (hook.report === undefined) return EXIT.fine;
  try {
    await follow(context, hook.report, hook.anew, reconcile);
  } catch (error) {
    await log(context, `${describe(hook.report)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return EXIT.fine;
}

const lazyReconcile: Reconcile = async (context, options) => (await import("../reconcile.ts")).reconcile(context, options);

function reportOf(words: readonly string[], env: HookEnvironment, now: number): HookReport | undefined {
  const [client, event, ...rest] = words;
  if (client === "dhcp" && words.length === 1) return dhcpReport(env, now);
  if ((client !== "ppp" && client !== "ppp6") || (event !== "up" && event !== "down")) return undefined;
  return pppReport(event, client === "ppp" ? "ipv4" : "ipv6", rest, env, now);
}

async function follow(context: Context, report: GatewayReport, anew: boolean, reconcile: Reconcile): Promise<void> {
  const { host, paths } = context;
  const file = `${paths.leases}/${recordName(report)}`;
  // Left behind by a run that did not come to its end: the kernel may not have what the record says.
  const unsettled = `${paths.leases}/unsettled`;
  const before = parseRecord((await host.read(file)) ?? "");
  const settled = !anew && !recordDiffers(before, report) && (await host.read(unsettled)) === undefined;
  if (!settled) await host.write(unsettled, `${describe(report)}\n`);
  await host.write(file, renderRecord(report));
  if (settled) return;
  if ((await host.read(paths.applied)) !== undefined) await reconcile(context, { reason: describe(report), allowSsh: false });
  await host.remove(unsettled);
}

/** `eth1: gateway 198.51.100.1 (dhcp-hook)`; every value in it has been checked. */
function describe(report: GatewayReport): string {
  const gateways = report.gateways.length === 0 ? "no gateway" : `gateway ${report.gateways.join(", ")}`;
  return `${report.interface}: ${gateways} (${report.source})`;
}

/** To the system log, printable characters only. No logger(1): nobody can be told, and that is no reason to fail. */
async function log(context: Context, text: string): Promise<void> {
  const line = text.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, 500);
  context.err(`policy-route lease: ${line}\n`);
  await context.host.run(["logger", "-t", "policy-route", "-p", "daemon.warning", "--", line], { timeout: 2000 });
}
