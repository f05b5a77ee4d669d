import { suggest } from "../config/suggest.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { HostError } from "../host/host.ts";
import { readConnections } from "../host/read-connections.ts";
import { look } from "../look.ts";
import { formatConnections } from "../show/format-connections.ts";
import { marksOfUplink, ownerOf, showConnections } from "../show/show-connections.ts";

const USAGE = "usage: show connections [uplink NAME] [--json]";

/** `show connections [uplink NAME]`: tracked connections that carry a mark of ours. */
export async function run(context: Context, words: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  const [what, name] = words;
  if (words.length > 2 || (what !== undefined && (what !== "uplink" || name === undefined))) throw new OperatorError(USAGE);
  const { config, slots } = await look(context);
  if (config === undefined) throw new OperatorError("policy-route is not configured");
  if (name !== undefined && !Object.hasOwn(config.uplink, name))
    throw new OperatorError(`uplink "${name}" is not configured${suggest(name, Object.keys(config.uplink))}`);
  const owner = ownerOf(config, slots);
  const marks = name === undefined ? undefined : marksOfUplink(config, slots, name);
  const read = await readConnections(context.host, (mark) => owner(mark) !== undefined, marks);
  if ("why" in read) throw new HostError(`connections cannot be listed: ${read.why}`);
  const shown = showConnections(read.connections, read.from, owner, name);
  context.out(options.json === true ? `${JSON.stringify(shown, undefined, 2)}\n` : formatConnections(shown));
  return EXIT.fine;
}
