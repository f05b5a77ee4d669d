import type { Expression } from "./expression.ts";

/** The value types of node.def. */
export type ValueType = "txt" | "u32" | "ipv4" | "ipv4net" | "ipv6" | "ipv6net" | "bool" | "macaddr";

export type ActionName = "begin" | "create" | "update" | "delete" | "activate" | "end";

/**
 * - `node`: no value; a container, or a flag when it has no children
 * - `tag`: named containers, `rule 10 { ... }`
 * - `leaf`: one value
 * - `multi`: many values
 */
export type NodeKind = "node" | "tag" | "leaf" | "multi";

/** What one node.def of the configuration tree says. For a tag, `children` are those of each of its values. */
export interface NodeTemplate {
  readonly kind: NodeKind;
  /** Empty for a node without value, two for a pair such as `ipv4, ipv6`. */
  readonly types: readonly ValueType[];
  /** Said instead of the engine's own message when the type does not fit. */
  readonly typeMessage: string | undefined;
  /** How many values a tag or multi may hold; 0 is any number. */
  readonly limit: number;
  readonly help: string;
  readonly detail: string;
  readonly valueHelps: readonly ValueHelp[];
  readonly default: string | undefined;
  /** Shell text whose output are possible values. */
  readonly allowed: string | undefined;
  /** Order among components; 0 when none is given. */
  readonly priority: number;
  /** Checked at set, and at commit for changed nodes. */
  readonly syntax: readonly Expression[];
  /** Checked at commit for changed nodes. */
  readonly commit: readonly Expression[];
  readonly actions: Readonly<Partial<Record<ActionName, readonly Expression[]>>>;
  readonly children: ReadonlyMap<string, NodeTemplate>;
}

/** `val_help: u32:1-100; Percentage`. The format is empty where the file names none: then it is the node's type. */
export interface ValueHelp {
  readonly format: string;
  readonly text: string;
}

/** What one node.def of the op-mode tree says. `tag` is the node whose word is any value. */
export interface OpTemplate {
  readonly help: string;
  readonly allowed: string | undefined;
  readonly run: string | undefined;
  readonly children: ReadonlyMap<string, OpTemplate>;
  readonly tag: OpTemplate | undefined;
}

/** A template file is wrong: a mistake of whoever wrote it, never of the operator. */
export class TemplateError extends Error {
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.name = "TemplateError";
  }
}
