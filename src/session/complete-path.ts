import { treeBelow } from "../config/build-tree.ts";
import type { Completion } from "./complete.ts";
import { completions, expandPath } from "./expand-path.ts";
import type { Expression } from "./expression.ts";
import { ENTER, type HelpItem, renderFormat } from "./help-text.ts";
import { locateProgram } from "./locate-program.ts";
import type { NodeTemplate } from "./node-template.ts";
import { hasNamedChildren, placeOf } from "./place.ts";
import { offerToActions } from "./running-config.ts";
import type { Session, SessionWorld } from "./session.ts";
import { splitWords } from "./split-words.ts";
import { runTemplateText } from "./template-shell.ts";

/** What can follow a configuration path; `existing` offers only what is configured. */
export async function completePath(
  session: Session,
  world: SessionWorld,
  before: readonly string[],
  word: string,
  existing: boolean,
): Promise<Completion> {
  const path = expandPath(session, before, existing);
  const place = placeOf(session.templates, path);
  if (place === undefined)
    return { word, words: [], items: [], problem: `Configuration path: [${before.join(" ")}] is not valid` };
  if (hasNamedChildren(place)) {
    if (place.template.children.size === 0) return { word, words: [], items: [ENTER] };
    const words = completions(session, path, word, existing);
    const items = words.map((item) => ({ item, help: place.template.children.get(item)?.help || "<No help text available>" }));
    const isWrong = words.length === 0 && word !== "";
    return {
      word,
      words,
      items,
      ...(isWrong ? { problem: `Configuration path: ${[...before, `[${word}]`].join(" ")} is not valid` } : {}),
    };
  }
  if (place.isValue) return { word, words: [], items: [ENTER] };
  const configured = [...(treeBelow(session.working, path)?.children.keys() ?? [])];
  const offered = existing
    ? []
    : [...(await allowedWords(session, world, place.template.allowed)), ...listed(place.template.syntax)];
  const values = [...new Set([...configured, ...offered])].filter((value) => value.startsWith(word));
  const formats = formatItems(place.template);
  const items = [
    ...formats,
    ...values.filter((value) => !formats.some(({ item }) => item === value)).map((item) => ({ item, help: "" })),
  ];
  const detail = place.template.detail;
  return {
    word,
    words: values.filter((value) => !/^<.*>$/.test(value)),
    items,
    ...(detail === "" ? {} : { detail }),
  };
}

function formatItems(template: NodeTemplate): readonly HelpItem[] {
  const type = (index: number) => template.types[index] ?? "txt";
  if (template.valueHelps.length === 0) return [{ item: renderFormat(type(0)), help: template.help }];
  return template.valueHelps.map(({ format, text }, index) => ({
    item: renderFormat(format === "" ? type(index) : format),
    help: text,
  }));
}

/** The constants of `$VAR(@) in "tcp", "udp"`. */
function listed(expressions: readonly Expression[]): readonly string[] {
  return expressions.flatMap((expression) => {
    const inner = expression.kind === "message" ? expression.of : expression;
    if (inner.kind !== "compare" || inner.comparison !== "in" || inner.right.kind !== "literals") return [];
    return inner.left.kind === "variable" && inner.left.path === "@" ? inner.right.values.map(({ text }) => text) : [];
  });
}

/** Words that an `allowed:` script prints; the engine's shell takes them as an array, so quotes group and go away. */
export async function allowedWords(session: Session, world: SessionWorld, text: string | undefined): Promise<readonly string[]> {
  if (text === undefined) return [];
  await offerToActions(world, session.templates, session.running, session.working);
  const { output, exitCode } = await runTemplateText(world, locateProgram(text, session.program), { timeout: 3000 });
  if (exitCode !== 0) return [];
  try {
    return splitWords(output).map((word) => word.text);
  } catch {
    return [];
  }
}
