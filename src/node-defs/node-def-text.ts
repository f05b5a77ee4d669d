import type { Completion, ConfigNode, OpNode } from "./definition.ts";
import { quote, syntaxExpression } from "./syntax-expression.ts";

/** First line of every generated file. The engine's lexer and op mode's sed both pass over # before the first field. */
function mark(file: string): string {
  return `# Generated from node-defs/${file} by "npm run templates". Do not edit.`;
}

/**
 * The node.def of a configuration node. `tag:` or `multi:` has to be the first field (cli_parse.y, `input`); the fields after
 * it may come in any order. `problem` is called for what a node.def cannot say.
 */
export function configNodeDef(node: ConfigNode, problem: (message: string) => void): string {
  const typed = node.kind === "tag" || node.kind === "leaf" || node.kind === "multi";
  if (!typed && (node.valueHelp.length > 0 || node.completion.length > 0 || node.constraint.length > 0))
    problem("a node without a value has no value help, completion or constraint");
  if (typed && node.valueHelp.length === 0) problem("valueHelp is missing");
  if (node.defaultValue !== undefined && node.kind !== "leaf") problem("only a leaf with one value has a default");
  const syntax = syntaxExpression(node, problem);
  const lines = [
    mark(node.file),
    ...(node.kind === "tag" ? ["tag:"] : node.kind === "multi" ? ["multi:"] : []),
    ...(typed ? ["type: txt"] : []),
    ...(node.priority === undefined ? [] : [`priority: ${node.priority}`]),
    ...(node.defaultValue === undefined ? [] : [`default: ${quote(node.defaultValue)}`]),
    `help: ${node.help}`,
    ...node.valueHelp.map(({ format, description }) => {
      if (`${format}${description}`.includes(";")) problem(`value help "${format}": the engine splits at ";"`);
      if (format === "" || description === "") problem("value help needs a format and a description");
      return `val_help: ${format}; ${description}`;
    }),
    ...allowed(node.completion, "listNodes"),
    ...(syntax === undefined ? [] : [`syntax:expression: ${syntax}`]),
    ...(node.owner === undefined ? [] : [`end: ${node.owner}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** The node.def of a word of an operational command; for a tag that of the value, which lies in `node.tag`. */
export function opNodeDef(node: OpNode): string {
  const lines = [
    mark(node.file),
    `help: ${node.help}`,
    ...allowed(node.completion, "listActiveNodes"),
    ...(node.command === undefined ? [] : [`run: ${node.command}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** One shell line that prints the words Tab offers. cli-shell-api prints them in single quotes, the last without a newline. */
function allowed(completion: readonly Completion[], listing: string): string[] {
  const commands = completion.map(({ kind, text }) =>
    kind === "list" ? `echo ${text}` : kind === "path" ? `cli-shell-api ${listing} ${text} | tr -d "'"` : text,
  );
  const line = commands.map((command, i) =>
    completion[i]?.kind === "path" && i < commands.length - 1 ? `${command}; echo` : command,
  );
  return line.length === 0 ? [] : [`allowed: ${line.join("; ")}`];
}
