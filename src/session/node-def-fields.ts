import { TemplateError } from "./node-template.ts";

/** One field of a node.def: `syntax:expression: ...` is name `syntax` with `isExpression`. */
export interface Field {
  readonly name: string;
  readonly isExpression: boolean;
  readonly text: string;
  readonly line: number;
}

const NAMES =
  "help|comp_help|val_help|type|tag|multi|default|priority|enumeration|allowed|run|syntax|commit|delete|update|activate|create|begin|end";
const FIELD = new RegExp(`^(${NAMES})(:expression)?:[ \\t]*(.*)$`);

/**
 * Splits a node.def into its fields. A field goes on until the next line that starts with a field name or `#`. The text of a
 * field keeps its line breaks. Throws TemplateError for text before the first field and for field names no engine knows.
 */
export function readFields(text: string, file: string): readonly Field[] {
  const fields: { name: string; isExpression: boolean; lines: string[]; line: number }[] = [];
  let open = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const start = FIELD.exec(line);
    if (start !== null) {
      fields.push({ name: start[1] ?? "", isExpression: start[2] !== undefined, lines: [start[3] ?? ""], line: index + 1 });
      open = true;
    } else if (line.startsWith("#")) {
      open = false;
    } else if (open) {
      fields.at(-1)?.lines.push(line);
    } else if (line.trim() !== "") {
      throw new TemplateError(file, index + 1, `not a field of node.def: ${line.trim()}`);
    }
  }
  return fields.map(({ lines, ...field }) => ({ ...field, text: lines.join("\n").trimEnd() }));
}
