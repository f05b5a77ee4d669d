import type { Host } from "./host/host.ts";
import type { Paths } from "./paths.ts";

/** What every command is given. Commands print through `out` and `err`, return an exit code and never call process.exit. */
export interface Context {
  readonly host: Host;
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Characters in a line of the terminal that is written to; absent when it is none. */
  readonly width?: number;
}

/** Exit codes others rely on. */
export const EXIT = { fine: 0, operator: 1, environment: 2, drift: 3, bug: 70 } as const;

/** The operator asked for something that cannot be: a command line, a name, a moment. Exit code 1. */
export class OperatorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "OperatorError";
  }
}
