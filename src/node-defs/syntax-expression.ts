import type { ConfigNode, Constraint } from "./definition.ts";
import { ereProblem } from "./ere-subset.ts";
import { NAMED_PATTERNS } from "./named-patterns.ts";
import { rangePattern } from "./range-pattern.ts";

/** Where the package installs the exec validators; the embedded session puts its own folder in place of /usr/lib/policy-route. */
export const LIBEXEC = "/usr/lib/policy-route/libexec";

/** Validators that are programs: what a pattern cannot say. Each prints its own message, which names what is wrong. */
export const EXEC_VALIDATORS: readonly string[] = ["port", "name"];

/** The lexer of vyatta-cfg keeps strings in a buffer of 4096 bytes that does not grow safely (cli_def.l, append_str). */
const MAX_STRING = 4000;

/**
 * The `syntax:expression:` of a node, `undefined` when it has no constraint. All alternatives become one pattern. An exec
 * validator comes behind it: the engine's `||` stops at what holds (vyatta-cfg, cli_new.c, check_syn), so that the program is
 * started only for what the pattern does not know. `problem` is called for what cannot be expressed.
 */
export function syntaxExpression(node: ConfigNode, problem: (message: string) => void): string | undefined {
  const { constraint, constraintErrorMessage: message } = node;
  if (constraint.length === 0) {
    if (message !== "") problem("constraintErrorMessage without constraint");
    return undefined;
  }
  const programs = constraint.flatMap((one) => (isProgram(one) ? [execOf(one, problem)] : []));
  const patterns = constraint.flatMap((one) => (isProgram(one) ? [] : [patternOf(one, problem)]));
  if (programs.length > 1) problem("only one validator can be a program");
  if (programs.length === 0 && message === "") problem("constraintErrorMessage is missing");
  const pattern = `^(${patterns.join("|")})$`;
  if (pattern.length > MAX_STRING) problem(`the pattern has ${pattern.length} characters, more than ${MAX_STRING}`);
  const alternatives = [...(patterns.length === 0 ? [] : [`pattern $VAR(@) ${quote(pattern)}`]), ...programs];
  return `${alternatives.join(" || ")}${message === "" ? "" : ` ; ${quote(message)}`}`;
}

type Validator = Extract<Constraint, { kind: "validator" }>;

function isProgram(constraint: Constraint): constraint is Validator {
  return constraint.kind === "validator" && EXEC_VALIDATORS.includes(constraint.name);
}

function execOf({ name, argument }: Validator, problem: (message: string) => void): string {
  if (!/^[A-Za-z0-9 -]*$/.test(argument)) problem(`argument "${argument}" may hold only letters, digits, spaces and -`);
  return `exec ${quote([`${LIBEXEC}/validate-${name}`, ...(argument === "" ? [] : [argument]), "'$VAR(@)'"].join(" "))}`;
}

function patternOf(constraint: Constraint, problem: (message: string) => void): string {
  const regex = constraint.kind === "regex" ? constraint.regex : validatorPattern(constraint.name, constraint.argument, problem);
  const wrong = ereProblem(regex);
  if (wrong !== undefined) problem(`pattern "${regex}": ${wrong}`);
  return regex;
}

function validatorPattern(name: string, argument: string, problem: (message: string) => void): string {
  if (name === "numeric") {
    const ranges = [...argument.matchAll(/--range (\d+)-(\d+)/g)].map(([, min, max]) => [Number(min), Number(max)] as const);
    const wellFormed = /^(--range \d+-\d+( |$))+$/.test(argument) && ranges.every(([min, max]) => min <= max);
    if (!wellFormed) problem(`numeric needs an argument like "--range 1-10", not "${argument}"`);
    return wellFormed ? ranges.map(([min, max]) => rangePattern(min, max)).join("|") : "x";
  }
  const pattern = NAMED_PATTERNS.get(name);
  if (pattern === undefined) problem(`validator ${name} is not known`);
  if (argument !== "") problem(`validator ${name} takes no argument`);
  return pattern ?? "x";
}

/** A string of a node.def: the lexer takes the character after a backslash as it is, so both marks are escaped. */
export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
