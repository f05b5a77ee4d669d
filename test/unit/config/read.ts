import type { CheckContext } from "../../../src/config/check-context.ts";
import { type CheckedConfig, checkTree } from "../../../src/config/check-tree.ts";
import type { ConfigTree } from "../../../src/config/config-tree.ts";
import { formatIssue } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";

/** A router with two ethernet lines, 192.168.1.1/24 inside and 198.51.100.2/24 outside, known from the kernel. */
export const ROUTER: CheckContext = {
  links: [
    { name: "eth0", pointToPoint: false, addresses: [{ address: "192.168.1.1", length: 24 }] },
    { name: "eth1", pointToPoint: false, addresses: [{ address: "198.51.100.2", length: 24 }] },
    {
      name: "eth2",
      pointToPoint: false,
      addresses: [
        { address: "192.0.2.2", length: 24 },
        { address: "2001:db8:2::2", length: 64 },
      ],
    },
  ],
};

/** The tree of lines as an operator types them after `set policy-route`. */
export function treeOf(lines: readonly string[]): ConfigTree {
  return parseSetCommands(lines.map((line) => `set ${line}\n`).join(""));
}

export function check(lines: readonly string[], context: CheckContext = ROUTER): CheckedConfig {
  return checkTree(treeOf(lines), BUILT_IN_LOOKUPS, context);
}

/** Errors as the operator sees them. */
export function errorsOf(lines: readonly string[], context?: CheckContext): string[] {
  return check(lines, context).errors.map(formatIssue);
}

export function warningsOf(lines: readonly string[], context?: CheckContext): string[] {
  return check(lines, context).warnings.map(formatIssue);
}
