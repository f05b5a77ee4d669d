/** One XML file with node definitions; `file` is the name used in messages. */
export interface Source {
  readonly file: string;
  readonly xml: string;
}

/** A mistake in a definition: `uplink.xml: policy-route uplink gateway: help is missing`. */
export interface Problem {
  readonly file: string;
  readonly path: readonly string[];
  readonly message: string;
}

/** All mistakes of the definitions, thrown together. */
export class DefinitionError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(
      problems
        .map(({ file, path, message }) => [file, ...(path.length === 0 ? [] : [path.join(" ")]), message].join(": "))
        .join("\n"),
    );
    this.name = "DefinitionError";
  }
}

/** `node`: container, `tag`: container with a name the operator gives, `leaf`: one value, `multi`: many values, `flag`: no value. */
export type ConfigKind = "node" | "tag" | "leaf" | "multi" | "flag";

export interface ValueHelp {
  readonly format: string;
  readonly description: string;
}

/** What Tab offers: fixed words, the names configured under a path, the output of a shell command. */
export type Completion = { readonly kind: "list" | "path" | "script"; readonly text: string };

/** One alternative of a constraint. A regex has to match the whole value. */
export type Constraint =
  | { readonly kind: "regex"; readonly regex: string }
  | { readonly kind: "validator"; readonly name: string; readonly argument: string };

/** A node of the configuration, as all files together define it. */
export interface ConfigNode {
  readonly name: string;
  readonly kind: ConfigKind;
  /** The file that says what the node is (files that only add children to it do not count). */
  readonly file: string;
  readonly help: string;
  readonly valueHelp: readonly ValueHelp[];
  readonly completion: readonly Completion[];
  /** Alternatives: one has to hold. */
  readonly constraint: readonly Constraint[];
  readonly constraintErrorMessage: string;
  readonly defaultValue: string | undefined;
  readonly priority: string | undefined;
  readonly owner: string | undefined;
  readonly children: readonly ConfigNode[];
}

/** `node`: a word, `tag`: a word and a value, `leaf`: a word that ends the command. */
export type OpKind = "node" | "tag" | "leaf";

/** A word of an operational command. `help` is empty for the first word when another package owns it. */
export interface OpNode {
  readonly name: string;
  readonly kind: OpKind;
  readonly file: string;
  readonly help: string;
  readonly completion: readonly Completion[];
  readonly command: string | undefined;
  readonly children: readonly OpNode[];
}
