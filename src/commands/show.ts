import { markField, slotOnly } from "../compile/mark-field.ts";
import { suggest } from "../config/suggest.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { countConnections } from "../host/count-connections.ts";
import { readForeignRoutes } from "../host/read-foreign-routes.ts";
import { look } from "../look.ts";
import { formatShown, type View } from "../show/format-shown.ts";
import type { Shown } from "../show/model.ts";
import { selectPart } from "../show/select-part.ts";
import { show } from "../show/show.ts";
import type { Sight } from "../show/sight.ts";

const WORDS = ["uplink", "group", "rule", "table", "marks", "plan", "json", "events", "log", "explain"];

const USAGE =
  "show [uplink [NAME] | group [NAME] | rule [NUMBER] | table [NAME] | marks | plan | json | events [COUNT] | log | explain ...] [--json]";

/** `policy-route show ...`: what happens and why, as text or JSON from the same data. Reads only. */
export async function run(context: Context, words: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  const [word, name, ...more] = words;
  if (word !== undefined && !WORDS.includes(word))
    throw new OperatorError(`cannot show "${word}"${suggest(word, WORDS)}; usage: ${USAGE}`);
  if (word === "explain") return await (await import("./explain.ts")).run(context, words.slice(1), options);
  if ((word === "events" || word === "log") && more.length === 0)
    return await (await import("./events.ts")).run(context, word, name, options);
  if (more.length > 0 || (name !== undefined && (word === "marks" || word === "plan" || word === "json")))
    throw new OperatorError(`too many words; usage: ${USAGE}`);
  if (word === "plan") return await (await import("./plan.ts")).run(context, options);
  const view =
    word === "uplink" || word === "group" || word === "rule" || word === "table" || word === "marks" ? word : undefined;
  const sight = await look(context);
  const shown = await widen(context, sight, selectPart(show(sight), view, name), view, name);
  const asJson = options.json === true || word === "json";
  context.out(asJson ? `${JSON.stringify(shown, undefined, 2)}\n` : formatShown(shown, view, name, sight.now));
  return EXIT.fine;
}

/** Adds what only one view needs and what costs a command of its own. */
async function widen(context: Context, sight: Sight, shown: Shown, view: View, name: string | undefined): Promise<Shown> {
  if (sight.kernel === undefined) return shown;
  if (view === "table") {
    const tables = shown.tables ?? [];
    const foreign = await readForeignRoutes(
      context.host,
      tables.map((table) => table.id),
    );
    return {
      ...shown,
      tables: tables.map((table) => ({
        ...table,
        routes: [
          ...(table.routes ?? []),
          ...foreign
            .filter((route) => route.table === table.id)
            .map(({ family, text }) => ({ family, text, status: "foreign" as const })),
        ],
      })),
    };
  }
  const [uplink] = shown.uplinks ?? [];
  if (view !== "uplink" || name === undefined || uplink?.mark === undefined || sight.config === undefined) return shown;
  const connections = await countConnections(context.host, slotOnly(markField(sight.config["mark-mask"]), uplink.mark.slot));
  return connections === undefined ? shown : { ...shown, uplinks: [{ ...uplink, connections }] };
}
