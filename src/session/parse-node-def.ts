import type { Expression } from "./expression.ts";
import { type Field, readFields } from "./node-def-fields.ts";
import {
  type ActionName,
  type NodeTemplate,
  type OpTemplate,
  TemplateError,
  type ValueHelp,
  type ValueType,
} from "./node-template.ts";
import { parseExpression } from "./parse-expression.ts";

const TYPES: readonly string[] = ["txt", "u32", "ipv4", "ipv4net", "ipv6", "ipv6net", "bool", "macaddr"];
const ACTIONS: readonly string[] = ["begin", "create", "update", "delete", "activate", "end"];

/** Parses one node.def of the configuration tree; `children` are those found below it. Throws TemplateError. */
export function parseNodeDef(text: string, file: string, children: ReadonlyMap<string, NodeTemplate>): NodeTemplate {
  const fields = readFields(text, file);
  const only = (name: string) => fields.filter((field) => field.name === name).at(-1);
  const all = (name: string) => fields.filter((field) => field.name === name);
  const { types, message } = parseType(only("type"), file);
  const tag = only("tag");
  const multi = only("multi");
  const actions: Partial<Record<ActionName, readonly Expression[]>> = {};
  for (const field of fields.filter(({ name }) => ACTIONS.includes(name))) {
    const name = field.name as ActionName;
    actions[name] = [...(actions[name] ?? []), parseAction(field, file)];
  }
  return {
    kind: tag !== undefined ? "tag" : multi !== undefined ? "multi" : types.length > 0 ? "leaf" : "node",
    types: types.length === 0 && (tag ?? multi) !== undefined ? ["txt"] : types,
    typeMessage: message,
    limit: Number.parseInt((tag ?? multi)?.text || "0", 10) || 0,
    help: only("help")?.text ?? "",
    detail: only("comp_help")?.text ?? "",
    valueHelps: all("val_help").flatMap((field) => field.text.split("\n").map(parseValueHelp)),
    default: unquote(only("default")?.text),
    allowed: only("allowed")?.text,
    priority: Number(only("priority")?.text ?? 0) || 0,
    syntax: all("syntax").map((field) => parseChecked(field, file)),
    commit: all("commit").map((field) => parseChecked(field, file)),
    actions,
    children,
  };
}

/** Parses one node.def of the op-mode tree. */
export function parseOpNodeDef(
  text: string,
  file: string,
  children: ReadonlyMap<string, OpTemplate>,
  tag: OpTemplate | undefined,
): OpTemplate {
  const fields = readFields(text, file);
  const text1 = (name: string) => fields.find((field) => field.name === name)?.text;
  return { help: text1("help") ?? "", allowed: text1("allowed"), run: text1("run"), children, tag };
}

function parseType(field: Field | undefined, file: string): { types: readonly ValueType[]; message: string | undefined } {
  if (field === undefined) return { types: [], message: undefined };
  const [names = "", ...message] = field.text.split(";");
  const types = names.split(",").map((name) => name.trim());
  const unknown = types.find((name) => !TYPES.includes(name));
  if (unknown !== undefined) throw new TemplateError(file, field.line, `unknown type "${unknown}"`);
  return { types: types as ValueType[], message: message.length > 0 ? unquote(message.join(";").trim()) : undefined };
}

function parseValueHelp(line: string): ValueHelp {
  const semicolon = line.indexOf(";");
  if (semicolon < 0) return { format: "", text: line.trim() };
  return { format: line.slice(0, semicolon).trim(), text: line.slice(semicolon + 1).trim() };
}

function parseChecked(field: Field, file: string): Expression {
  if (!field.isExpression) throw new TemplateError(file, field.line, `${field.name}: has to be ${field.name}:expression:`);
  try {
    return parseExpression(field.text);
  } catch (error) {
    throw new TemplateError(file, field.line, error instanceof Error ? error.message : String(error));
  }
}

function parseAction(field: Field, file: string): Expression {
  if (!field.isExpression) return { kind: "exec", command: field.text };
  if (!/^\s*"/.test(field.text)) return parseChecked(field, file);
  return parseChecked({ ...field, text: `exec ${field.text}` }, file);
}

function unquote(text: string | undefined): string | undefined {
  const inner = text === undefined ? undefined : /^"(.*)"$/s.exec(text.trim())?.[1];
  return inner ?? text?.trim();
}
