import type { ValueType } from "./node-template.ts";

/** `value` with the type its spelling has; a quoted string is txt. */
export interface Literal {
  readonly type: ValueType;
  readonly text: string;
}

/** `$VAR(@)` or `$VAR(../type/@)` without its wrapping, a list of constants, or the output of a command in backquotes. */
export type Operand =
  | { readonly kind: "variable"; readonly path: string }
  | { readonly kind: "literals"; readonly values: readonly Literal[] }
  | { readonly kind: "output"; readonly command: string };

export type Comparison = "in" | "==" | "!=" | "<" | ">" | "<=" | ">=";

/** What may follow `syntax:expression:`, `commit:expression:` and the actions. */
export type Expression =
  | { readonly kind: "and" | "or"; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "not"; readonly of: Expression }
  | { readonly kind: "compare"; readonly comparison: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: "pattern"; readonly variable: string; readonly pattern: string }
  | { readonly kind: "exec"; readonly command: string }
  /** `of ; "text"`: the text is said when `of` is false. */
  | { readonly kind: "message"; readonly of: Expression; readonly text: string };
