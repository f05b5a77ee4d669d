import type { ConfigTree } from "../config/config-tree.ts";
import type { Host } from "../host/host.ts";
import type { SessionFiles } from "../host/session-files.ts";
import type { Paths } from "../paths.ts";
import type { NodeTemplate, OpTemplate } from "./node-template.ts";

/** What a session may touch. */
export interface SessionWorld {
  readonly host: Host;
  readonly files: SessionFiles;
  readonly paths: Paths;
  /** This session's own folder: what actions and completion scripts of templates find out about it. */
  readonly folder: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Runs a program with the operator's terminal and gives its exit code; absent when nobody sits at one. */
  readonly runInTerminal: ((argv: readonly string[], env: Readonly<Record<string, string>>) => Promise<number>) | undefined;
}

/** One configuration session. The trees hold `policy-route` as their first word, as the operator types it. */
export interface Session {
  /** The folder with the templates and libexec. */
  readonly program: string;
  readonly templates: NodeTemplate;
  readonly op: OpTemplate;
  /** The running configuration as this session last saw it: what its edits are measured against. */
  running: ConfigTree;
  working: ConfigTree;
  /** Where `edit` went. */
  level: readonly string[];
  /** Something was committed and not saved. */
  unsaved: boolean;
}

/** How a command ended: `failed` stops a batch, `end` ends the session. */
export type Outcome = "fine" | "failed" | "end";

export type Command = (session: Session, world: SessionWorld, words: readonly string[]) => Promise<Outcome>;
