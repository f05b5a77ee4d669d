import { formatIssue, type Issue } from "./config/issue.ts";
import type { Context } from "./context.ts";

/** One line each on standard error; the commit goes on. */
export function printWarnings(context: Context, warnings: readonly Issue[]): void {
  for (const warning of new Set(warnings.map(formatIssue))) context.err(`Warning: ${warning}\n`);
}
