import type { ConfigNode, OpNode, Source } from "./definition.ts";
import { readConfig } from "./read-config.ts";
import { readOp } from "./read-op.ts";

const KINDS = { node: "", tag: "name", leaf: "value", multi: "values", flag: "no value" } as const;

/** Tags that have a chapter of their own: what is below them is not in the chapter above. */
const CHAPTERS: readonly (readonly string[])[] = [
  ["policy-route"],
  ["policy-route", "uplink"],
  ["policy-route", "uplink", "health"],
  ["policy-route", "group"],
  ["policy-route", "rule"],
];

/** docs/reference.md: every path of the configuration and every operational command, from the definitions that the router reads. */
export function reference(sources: readonly Source[]): string {
  const isOp = ({ file }: Source): boolean => file.startsWith("op-");
  const config = readConfig(sources.filter((source) => !isOp(source)));
  const op = readOp(sources.filter(isOp));
  return [
    "# Reference",
    "",
    'Made from node-defs/ by "npm run templates"; do not edit. The [operator\'s guide](guide.md) says what it is good for.',
    "",
    "## Configuration",
    "",
    "**name**: something the operator names, there may be several. **values**: the line may be given several times.",
    ...CHAPTERS.flatMap((path) => chapter(config, path)),
    "",
    "## Operational commands",
    "",
    "Outside the router's command line: `policy-route COMMAND --help`.",
    "",
    "| command | |",
    "|---|---|",
    ...op.flatMap((node) => opRows(node, [])),
    "",
  ].join("\n");
}

function chapter(config: readonly ConfigNode[], path: readonly string[]): string[] {
  const found = find(config, path);
  if (found === undefined) throw new Error(`Bug: no node ${path.join(" ")}`);
  const title = shown(path, config);
  return [
    "",
    `### \`${title}\``,
    "",
    `${found.help}.${names(found)}`,
    "",
    "| below it | takes | values | default | |",
    "|---|---|---|---|---|",
    ...found.children.flatMap((child) => rows(child, [], path)),
  ];
}

function find(nodes: readonly ConfigNode[], [name, ...rest]: readonly string[]): ConfigNode | undefined {
  const node = nodes.find((candidate) => candidate.name === name);
  return node === undefined || rest.length === 0 ? node : find(node.children, rest);
}

/** `policy-route uplink NAME health` */
function shown(path: readonly string[], config: readonly ConfigNode[]): string {
  return path
    .map((word, i) => (find(config, path.slice(0, i + 1))?.kind === "tag" ? `${word} ${placeholder(word)}` : word))
    .join(" ");
}

function placeholder(word: string): string {
  return word === "rule"
    ? "NUMBER"
    : word === "target"
      ? "ADDRESS"
      : word === "events"
        ? "COUNT"
        : /^(source|destination)$/.test(word)
          ? "ADDRESS"
          : "NAME";
}

function names(node: ConfigNode): string {
  return node.kind === "tag" ? ` ${node.valueHelp.map(({ description }) => plain(description)).join("; ")}.` : "";
}

function rows(node: ConfigNode, above: readonly string[], chapterPath: readonly string[]): string[] {
  const path = [...above, node.kind === "tag" ? `${node.name} ${placeholder(node.name)}` : node.name];
  const full = [...chapterPath, ...above.map((word) => word.split(" ")[0] ?? ""), node.name];
  const isChapter = CHAPTERS.some((other) => other.join(" ") === full.join(" "));
  const values = node.valueHelp.map(({ format, description }) => `\`${format}\` ${plain(description)}`).join("<br>");
  const row = `| \`${path.join(" ")}\` | ${KINDS[node.kind]} | ${values} | ${node.defaultValue ?? ""} | ${plain(node.help)}${isChapter ? ", see below" : ""} |`;
  const own = node.kind === "node" && !isChapter ? [] : [row];
  return isChapter ? own : [...own, ...node.children.flatMap((child) => rows(child, path, chapterPath))];
}

/** Words that may be repeated, or follow in any number, are told by "..." at the end. */
function opRows(node: OpNode, above: readonly string[]): string[] {
  const path = [...above, node.kind === "tag" ? `${node.name} ${placeholder(node.name)}` : node.name];
  const told = node.children.filter((child) => !isMore(child, path));
  const more = told.length < node.children.length ? " ..." : "";
  const own = node.command === undefined ? [] : [`| \`${path.join(" ")}${more}\` | ${plain(node.help)} |`];
  return [...own, ...told.flatMap((child) => opRows(child, path))];
}

function isMore(node: OpNode, above: readonly string[]): boolean {
  return node.command?.includes('"$@"') === true || above.includes(`${node.name} ${placeholder(node.name)}`);
}

function plain(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
