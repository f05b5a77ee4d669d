import type { Host } from "./host.ts";

/** Severities of syslog that are in use here, least first (RFC 5424). */
const LEVELS = ["debug", "info", "notice", "warning", "err"] as const;

export type Level = (typeof LEVELS)[number];

/** Whether something of this level is worth a line, when the operator wants to read from `threshold` on. */
export function reaches(threshold: Level, level: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(threshold);
}

/**
 * One line to syslog, by logger(1), unless `level` is below the operator's `log-level`. Never fails: a router without a
 * syslog still has to route. Texts hold no secrets: we have none but a key's path.
 */
export async function syslog(host: Host, threshold: Level, level: Level, text: string): Promise<void> {
  if (!reaches(threshold, level)) return;
  const line = text.replaceAll("\n", "; ");
  await host.run(["logger", "--tag", "policy-route", "--priority", `daemon.${level}`, "--", line], { timeout: 2000 });
}
