import { type Context, EXIT, OperatorError } from "../context.ts";
import type { Packet } from "../explain/packet.ts";
import { QUESTION_WORDS } from "../explain/question-words.ts";
import { type Named, type Question, readQuestion } from "../explain/read-question.ts";
import { explainPackets } from "../explain-packets.ts";
import { readLinks } from "../host/gather-facts.ts";
import { readIds } from "../host/read-ids.ts";
import { readLookups } from "../host/read-lookups.ts";
import { look } from "../look.ts";
import { WIDTH, wrap } from "../show/columns.ts";
import { formatExplanation } from "../show/format-explanation.ts";

const USAGE = [
  "usage: policy-route explain source ADDRESS destination ADDRESS [WORD VALUE]... [--json]",
  ...wrap(`in any order; words: ${QUESTION_WORDS.slice(2).join(", ")}`, WIDTH),
];

/** `policy-route explain source A destination B ...`: the way of one packet, why, and what the kernel says. Reads only. */
export async function run(context: Context, words: readonly string[], options: { readonly json?: boolean }): Promise<number> {
  const { host, paths } = context;
  const [links, lookups] = await Promise.all([readLinks(host), readLookups(host, paths)]);
  const { question, problems, unclear } = readQuestion(withoutCommand(words), { links, lookups });
  if (question === undefined) throw new OperatorError([...problems, ...(unclear ? USAGE : [])].join("\n"));
  const packet = await withIds(context, question);
  const sight = await look(context);
  if (sight.config === undefined) {
    context.out(options.json === true ? '{"version":1,"state":"not-configured"}\n' : "Policy routing is not configured\n");
    return EXIT.fine;
  }
  const [explanation] = await explainPackets(context, sight, sight.config, [{ ...question, packet }]);
  if (explanation === undefined) throw new Error("Bug: nothing was explained");
  context.out(options.json === true ? `${JSON.stringify(explanation, undefined, 2)}\n` : formatExplanation(explanation));
  return EXIT.fine;
}

/** The router's command line can hand on at most nine words one by one, so longer ones come with `show policy-route explain` before them. */
function withoutCommand(words: readonly string[]): readonly string[] {
  return words[0] === "show" ? words.slice(words.indexOf("explain") + 1) : words;
}

/** The packet with the ids of who sends it. */
async function withIds({ host }: Context, { packet, named }: Question): Promise<Packet> {
  const [user, userGroup] = await Promise.all(
    (
      [
        ["user", "passwd"],
        ["userGroup", "group"],
      ] as const
    ).map(async ([who, database]) => {
      const name = named[who];
      if (name === undefined) return undefined;
      const id = (await readIds(host, database, [name])).get(name);
      if (id === undefined) throw new OperatorError(`${WORD[who]} "${name}" does not exist on this router`);
      return id;
    }),
  );
  return { ...packet, ...(user === undefined ? {} : { user }), ...(userGroup === undefined ? {} : { userGroup }) };
}

const WORD: Readonly<Record<keyof Named, string>> = { user: "user", userGroup: "user-group" };
