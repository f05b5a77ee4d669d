import { suggest } from "../config/suggest.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { look } from "../look.ts";
import { formatShown, type View } from "../show/format-shown.ts";
import type { Shown } from "../show/model.ts";
import { selectPart } from "../show/select-part.ts";
import { show } from "../show/show.ts";
import type { Sight } from "../show/sight.ts";

const VIEWS = ["uplink", "group", "rule", "table", "marks"] as const;
const WORDS = [
  ...VIEWS,
  "connections",
  "what-if",
  "plan",
  "commands",
  "diagram",
  "json",
  "metrics",
  "tech-support",
  "events",
  "log",
  "explain",
];

/** Those that no word can follow. */
const ALONE = ["marks", "plan", "commands", "diagram", "json", "metrics", "tech-support"];

/** `policy-route show ...`: what happens and why, as text or JSON from the same data. Reads only. */
export async function run(context: Context, words: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  const [word, name, ...more] = words;
  if (word !== undefined && !WORDS.includes(word))
    throw new OperatorError(`cannot show "${word}"${suggest(word, WORDS) || `; there are ${WORDS.join(", ")}`}`);
  if (name !== undefined && ALONE.includes(word ?? "")) throw tooMany(word, name);
  switch (word) {
    case "connections":
      return await (await import("./connections.ts")).run(context, words.slice(1), options);
    case "explain":
      return await (await import("./explain.ts")).run(context, words.slice(1), options);
    case "what-if":
      return await (await import("./what-if.ts")).run(context, words.slice(1), options);
    case "events":
    case "log":
      if (more[0] !== undefined) throw tooMany(`${word} COUNT`, more[0]);
      return await (await import("./events.ts")).run(context, word, name, options);
    case "metrics":
      return await (await import("./metrics.ts")).run(context);
    case "tech-support":
      return await (await import("./tech-support.ts")).run(context);
    case "diagram":
      return await (await import("./diagram.ts")).run(context, { text: true });
    case "plan":
      return await (await import("./plan.ts")).run(context, options);
    case "commands":
      return await (await import("./commands.ts")).run(context, options);
  }
  const view = VIEWS.find((one) => one === word);
  const asked = namedIn(view, words.slice(1));
  const sight = await look(context);
  const shown = await widen(context, sight, selectPart(show(sight), view, asked.name), view);
  const asJson = options.json === true || word === "json";
  const showing = { detail: asked.detail, at: sight.now, ...(context.width === undefined ? {} : { width: context.width }) };
  context.out(asJson ? `${JSON.stringify(shown, undefined, 2)}\n` : formatShown(shown, view, showing));
  return EXIT.fine;
}

function tooMany(words: string | undefined, more: string): OperatorError {
  return new OperatorError(`"show ${words}" takes no further word, such as "${more}"`);
}

/** `uplink dsl detail`: one is shown in detail anyway, without a name all are. */
function namedIn(view: View, words: readonly string[]): { readonly name: string | undefined; readonly detail: boolean } {
  const several = view === "uplink" || view === "group" || view === "rule";
  const detail = several && words.at(-1) === "detail";
  const [name, more] = detail ? words.slice(0, -1) : words;
  if (more !== undefined) throw tooMany(`${view} ${name}`, more);
  return { name, detail: detail || name !== undefined };
}

async function widen(context: Context, sight: Sight, shown: Shown, view: View): Promise<Shown> {
  if (view === "table" && sight.kernel !== undefined)
    return await (await import("../widen.ts")).withForeignRoutes(context, shown);
  return view === "uplink" ? await (await import("../widen.ts")).withTraffic(context, sight, shown) : shown;
}
