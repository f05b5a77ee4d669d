import { type Context, EXIT, OperatorError } from "../context.ts";
import { HostError } from "../host/host.ts";
import { readConnections } from "../host/read-connections.ts";
import { look } from "../look.ts";
import { mustBeConfigured, mustHave } from "../must-have.ts";
import { formatConnections } from "../show/format-connections.ts";
import { marksOfUplink, ownerOf, showConnections } from "../show/show-connections.ts";

const USAGE = "usage: policy-route show connections [uplink NAME] [--json]";

/** `show connections [uplink NAME]`: tracked connections that carry a mark of ours. */
export async function run(context: Context, words: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  const [what, name] = words;
  if (words.length > 2 || (what !== undefined && (what !== "uplink" || name === undefined))) throw new OperatorError(USAGE);
  const { config: seen, slots } = await look(context);
  const config = name === undefined ? mustBeConfigured(seen) : mustHave("uplink", name, seen);
  const owner = ownerOf(config, slots);
  const marks = name === undefined ? undefined : marksOfUplink(config, slots, name);
  const read = await readConnections(context.host, (mark) => owner(mark) !== undefined, marks);
  if ("why" in read) throw new HostError(`connections cannot be listed: ${read.why}`);
  const shown = showConnections(read.connections, read.from, owner, name);
  context.out(options.json === true ? `${JSON.stringify(shown, undefined, 2)}\n` : formatConnections(shown));
  return EXIT.fine;
}
