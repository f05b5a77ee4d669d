/**
 * A mistake (or a warning) in the operator's configuration. `path` is the path below `policy-route` up to the node the
 * message speaks of, `["uplink", "dsl"]`; the message names the value and what would be right.
 */
export interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

/** `policy-route uplink dsl: interface must be set` */
export function formatIssue(issue: Issue): string {
  return `${["policy-route", ...issue.path].join(" ")}: ${issue.message}`;
}

/** All mistakes of one configuration, thrown together: the operator sees every one of them at once. Exit code 1. */
export class ConfigError extends Error {
  constructor(readonly issues: readonly Issue[]) {
    super(issues.map(formatIssue).join("\n"));
    this.name = "ConfigError";
  }
}
