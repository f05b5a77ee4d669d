import * as z from "zod/mini";
import { JSON_FORMATS } from "./json-formats.ts";

/** What zod makes of a schema, as far as ours need it. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const ABOUT: Readonly<Record<keyof typeof JSON_FORMATS, string>> = {
  show: "`show`, `show json`, and `show uplink|group|rule|table|marks [NAME] --json`, which leave the other parts out.",
  plan: "`plan --json` and `show plan --json`.",
  commands: "`commands --json` and `show commands --json`: the steps from a kernel that holds nothing of policy-route.",
  "show events": "`show events [COUNT] --json` and `show log --json`.",
  "show connections": "`show connections [uplink NAME] --json`.",
  "what-if": "`what-if uplink NAME up|down ... --json`.",
  explain:
    "`explain source ADDRESS destination ADDRESS ... --json`: [explain.md](explain.md). While nothing is configured: version and `state`.",
  "test uplink": "`test uplink NAME --json`.",
};

/** The text of docs/json.md. */
export function jsonDocs(): string {
  const parts = Object.entries(JSON_FORMATS).map(([name, schema]) => {
    const rows = fieldsOf(z.toJSONSchema(schema) as Schema, "");
    return `## ${name}\n\n${ABOUT[name as keyof typeof ABOUT]}\n\n| field | is | meaning |\n|---|---|---|\n${rows.join("")}`;
  });
  return `# The JSON of \`--json\`

<!-- Made by tools/templates.mjs from src/show/json-formats.ts: change that. -->

Each command prints one object. \`version\` goes up when a field changes its meaning or goes away; new fields may appear at any time. A field
with \`?\` may be absent. \`[]\` stands for each element of a list. A *way* says where packets go: \`{"to": "uplink", "uplink": NAME}\`,
\`{"to": "uplinks", "uplinks": [NAME, ...]}\` (spread), \`{"to": "table", "table": NAME}\`, or \`{"to": X}\` with \`main\`, \`prohibit\`,
\`unreachable\`, \`blackhole\`, \`drop\`, or \`not-applied\`: the kernel does not hold the rule.

${parts.join("\n")}`;
}

function fieldsOf(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = `${path}${name}`;
    const optional = schema.required?.includes(name) === true ? "" : "?";
    const below = fieldsOf(field.items ?? field, `${here}${field.items === undefined ? "" : "[]"}.`);
    return [`| ${here}${optional} | ${typeOf(field)} | ${field.description ?? ""} |\n`, ...below];
  });
}

function typeOf({ type, const: constant, enum: words, anyOf, items, properties }: Schema): string {
  if (constant !== undefined) return String(constant);
  if (words !== undefined) return words.map((one) => `\`${one}\``).join(", ");
  if (anyOf !== undefined) return anyOf.some((one) => one.properties?.["uplink"] !== undefined) ? "way" : variants(anyOf);
  if (items !== undefined) return items.properties === undefined ? `list of ${typeOf(items)}` : "list";
  return properties === undefined ? (type ?? "") : "object";
}

/** `{from} or {from, at, reason}` */
function variants(all: readonly Schema[]): string {
  return all.map(({ properties = {} }) => `{${Object.keys(properties).join(", ")}}`).join(" or ");
}
