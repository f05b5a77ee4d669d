import { type Context, EXIT } from "../context.ts";
import { renderSvg } from "../diagram/render-svg.ts";
import { renderText } from "../diagram/render-text.ts";
import { writeOutput } from "../host/write-output.ts";
import { look } from "../look.ts";
import { show } from "../show/show.ts";
import { timeWords } from "../show/words.ts";

export interface DiagramOptions {
  /** A file to write instead of printing. */
  readonly output?: string;
  /** For a terminal, not SVG. */
  readonly text?: boolean;
}

/** `policy-route diagram`: a picture of rules, groups, uplinks and gateways as they are now. Reads only. */
export async function run(context: Context, options: DiagramOptions): Promise<number> {
  const shown = show(await look(context));
  const { env, host } = context;
  const made = `policy-route diagram, ${timeWords(Math.floor(host.now() / 1000))}`;
  const picture = options.text === true ? renderText(shown, isUtf8(env)) : renderSvg(shown, made);
  if (options.output === undefined) context.out(picture);
  else await writeOutput(options.output, picture);
  return EXIT.fine;
}

/** Whether the operator's locale has box drawing characters: POSIX order of precedence, an empty variable is none. */
function isUtf8(env: Context["env"]): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return /utf-?8/i.test(locale ?? "");
}
