import type { Completion } from "./complete.ts";
import { allowedWords } from "./complete-path.ts";
import { ENTER } from "./help-text.ts";
import { findOpPath } from "./op-command.ts";
import type { Session, SessionWorld } from "./session.ts";

/** What can follow `run` and the words after it. */
export async function completeOp(
  session: Session,
  world: SessionWorld,
  before: readonly string[],
  word: string,
): Promise<Completion> {
  const path = findOpPath(session.op, before);
  if (path.kind !== "found") return { word, words: [], items: [], problem: `Invalid command: [${path.wrong}]` };
  const { template } = path;
  const names = [...template.children.keys()].filter((name) => name.startsWith(word)).sort();
  const values = (await allowedWords(session, world, template.tag?.allowed)).filter((value) => value.startsWith(word));
  const items = [
    ...(template.run !== undefined && word === "" ? [ENTER] : []),
    ...names.map((item) => ({ item, help: template.children.get(item)?.help || "<No help text available>" })),
    ...(template.tag === undefined || values.length > 0 ? [] : [{ item: "<text>", help: template.tag.help }]),
    ...values.map((item) => ({ item, help: template.tag?.help ?? "" })),
  ];
  const isWrong = items.length === 0;
  return {
    word,
    words: [...names, ...values.filter((value) => !/^<.*>$/.test(value))],
    items,
    ...(isWrong ? { problem: `Invalid command: [${word}]` } : {}),
  };
}
