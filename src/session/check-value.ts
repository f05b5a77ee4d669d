import type { Comparison, Expression, Literal, Operand } from "./expression.ts";
import { locateProgram } from "./locate-program.ts";
import type { NodeTemplate } from "./node-template.ts";
import { fitsType } from "./value-type.ts";

/** What checks and actions of templates need of the world around them. */
export interface CheckContext {
  /** Runs shell text; `output` is what it printed on both streams. */
  readonly shell: (text: string) => Promise<{ readonly exitCode: number; readonly output: string }>;
  /** Folder of the program that runs: what `/usr/lib/policy-route/` in a command means. */
  readonly program: string;
  /** Value of `$VAR(path)` other than `@`; empty when there is none. */
  readonly lookup: (path: string) => string;
  /** Takes what the operator has to read. */
  readonly say: (text: string) => void;
}

const FORBIDDEN: readonly (readonly [string, string])[] = [
  ["'", "single quote (')"],
  ['"', 'double quote (")'],
  ["\n", "newline"],
];

/**
 * Checks a value as the engine does at set: characters, type, then every `syntax:expression:`. Says what is wrong. For a
 * node without value the text is empty.
 */
export async function checkValue(template: NodeTemplate, value: string, context: CheckContext): Promise<boolean> {
  const forbidden = FORBIDDEN.find(([char]) => value.includes(char));
  if (forbidden !== undefined) {
    context.say(`Cannot use the ${forbidden[1]} character in a value string`);
    return false;
  }
  if (template.types.length > 0 && !template.types.some((type) => fitsType(type, value))) {
    context.say(
      template.typeMessage === undefined
        ? `"${value}" is not a valid value of type "${template.types.join(" or ")}"`
        : expand(template.typeMessage, value, context),
    );
    return false;
  }
  return checkAll(template.syntax, template, value, context);
}

/** Checks expressions one after the other, up to the first that fails. */
export async function checkAll(
  expressions: readonly Expression[],
  template: NodeTemplate,
  value: string,
  context: CheckContext,
): Promise<boolean> {
  for (const expression of expressions) if (!(await holds(expression, template, value, context))) return false;
  return true;
}

async function holds(expression: Expression, template: NodeTemplate, value: string, context: CheckContext): Promise<boolean> {
  switch (expression.kind) {
    case "and":
      return (
        (await holds(expression.left, template, value, context)) && (await holds(expression.right, template, value, context))
      );
    case "or":
      return (
        (await holds(expression.left, template, value, context)) || (await holds(expression.right, template, value, context))
      );
    case "not":
      return !(await holds(expression.of, template, value, context));
    case "message": {
      if (await holds(expression.of, template, value, context)) return true;
      context.say(expand(expression.text, value, context));
      return false;
    }
    case "pattern":
      return new RegExp(expression.pattern).test(expression.variable === "@" ? value : context.lookup(expression.variable));
    case "exec": {
      const { exitCode, output } = await context.shell(
        expand(locateProgram(expression.command, context.program), value, context),
      );
      if (output.trim() !== "") context.say(output.replace(/\n$/, ""));
      return exitCode === 0;
    }
    case "compare": {
      const left = await operandValues(expression.left, template, value, context);
      const right = await operandValues(expression.right, template, value, context);
      return left.every((one) => compares(expression.comparison, one, right, context));
    }
  }
}

/** `$VAR(@)` and `$VAR(path)` replaced by their values, as text: the engine does no quoting either, and values hold no quotes. */
export function expand(text: string, value: string, context: CheckContext): string {
  return text.replace(/\$VAR\(([^)]+)\)/g, (_, path: string) => (path === "@" ? value : context.lookup(path)));
}

async function operandValues(
  operand: Operand,
  template: NodeTemplate,
  value: string,
  context: CheckContext,
): Promise<readonly Literal[]> {
  if (operand.kind === "literals") return operand.values;
  if (operand.kind === "output")
    return [
      {
        type: "txt",
        text: (await context.shell(expand(locateProgram(operand.command, context.program), value, context))).output,
      },
    ];
  if (operand.path !== "@") return [{ type: "txt", text: context.lookup(operand.path) }];
  return [{ type: template.types.find((type) => fitsType(type, value)) ?? "txt", text: value }];
}

function compares(comparison: Comparison, left: Literal, right: readonly Literal[], context: CheckContext): boolean {
  const comparable = right.filter((one) => one.type === left.type);
  if (comparable.length === 0) {
    context.say("Different types in comparison");
    return false;
  }
  const outcomes = comparable.map((one) => order(left, one.text));
  switch (comparison) {
    case "in":
      return outcomes.includes(0);
    case "==":
      return outcomes.every((outcome) => outcome === 0);
    case "!=":
      return outcomes.every((outcome) => outcome !== 0);
    case "<":
      return outcomes.every((outcome) => outcome < 0);
    case ">":
      return outcomes.every((outcome) => outcome > 0);
    case "<=":
      return outcomes.every((outcome) => outcome <= 0);
    case ">=":
      return outcomes.every((outcome) => outcome >= 0);
  }
}

/** Numbers, and the numbers in addresses, compare as numbers; everything else as text. */
function order(left: Literal, right: string): number {
  const isNumeric = left.type === "u32" || left.type === "ipv4" || left.type === "ipv4net";
  const partsOf = (text: string) => (isNumeric ? text.split(/[./]/).map(Number) : [text]);
  const [a, b] = [partsOf(left.text), partsOf(right)];
  for (const [index, one] of a.entries()) {
    const other = b[index];
    if (other === undefined || one > other) return 1;
    if (one < other) return -1;
  }
  return 0;
}
