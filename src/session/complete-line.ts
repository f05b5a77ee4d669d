import { type Completion, complete } from "./complete.ts";
import { renderHelp } from "./help-text.ts";
import type { Session, SessionWorld } from "./session.ts";

/** What TAB does: `insert` goes in at the cursor; `help` is shown when nothing can be inserted. */
export interface TabResult {
  readonly insert: string;
  readonly help: string;
}

/** Completes the last word of what stands before the cursor as far as all possible words agree. */
export async function pressTab(session: Session, world: SessionWorld, line: string): Promise<TabResult> {
  const completion = await complete(session, world, line);
  const [only, ...others] = completion.words;
  if (only !== undefined && others.length === 0) return { insert: `${rest(completion, only)} `, help: "" };
  const insert = rest(completion, commonBeginning(completion.words));
  return insert === "" ? { insert, help: render(completion) } : { insert, help: "" };
}

/** What `?` shows. */
export async function askHelp(session: Session, world: SessionWorld, line: string): Promise<string> {
  return render(await complete(session, world, line));
}

function rest(completion: Completion, word: string): string {
  return word.startsWith(completion.word) ? word.slice(completion.word.length) : "";
}

function render(completion: Completion): string {
  return completion.problem === undefined ? renderHelp(completion.items, completion.detail) : `  ${completion.problem}`;
}

function commonBeginning(words: readonly string[]): string {
  let beginning = words[0] ?? "";
  for (const word of words) while (!word.startsWith(beginning)) beginning = beginning.slice(0, -1);
  return beginning;
}
