import type { CheckContext } from "./check-context.ts";
import { type InterfaceView, interfaceView } from "./interface-view.ts";
import type { Issue } from "./issue.ts";
import type { Config } from "./schema.ts";

/** What one look at a configuration works with and adds to. The checks of one subject each are functions of this. */
export interface Check {
  readonly config: Config;
  readonly context: CheckContext;
  readonly interfaces: InterfaceView;
  /** Uplinks that get a place in the kernel: enabled ones, and disabled ones that a rule names (they count as down). */
  readonly uplinksInUse: ReadonlySet<string>;
  /** Whether a mistake of form is known at or below this path: what is missing there may be missing because of it. */
  isBroken(path: readonly string[]): boolean;
  error(path: readonly string[], message: string): void;
  warn(path: readonly string[], message: string): void;
}

export interface Findings {
  readonly errors: Issue[];
  readonly warnings: Issue[];
}

/** Starts a look at a configuration; `formIssues` are the mistakes of form found in it already. */
export function newCheck(config: Config, context: CheckContext, formIssues: readonly Issue[]): Check & Findings {
  const errors: Issue[] = [];
  const warnings: Issue[] = [];
  const broken = new Set(formIssues.flatMap(({ path }) => path.map((_, i) => JSON.stringify(path.slice(0, i + 1)))));
  const named = Object.values(config.rule).flatMap(({ disable, set }) => (disable ? [] : [set.uplink, set["reply-uplink"]]));
  const enabled = Object.keys(config.uplink).filter((name) => config.uplink[name]?.disable === false);
  return {
    config,
    context,
    interfaces: interfaceView(context),
    uplinksInUse: new Set([
      ...enabled,
      ...named.filter((name) => name !== undefined && Object.hasOwn(config.uplink, name)),
    ] as string[]),
    isBroken: (path) => broken.size > 0 && broken.has(JSON.stringify(path)),
    error: (path, message) => errors.push({ path, message }),
    warn: (path, message) => warnings.push({ path, message }),
    errors,
    warnings,
  };
}
