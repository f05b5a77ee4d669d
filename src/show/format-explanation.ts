import type { Step } from "../explain/decide.ts";
import type { Explanation, Marked } from "../explain/explanation.ts";
import type { End } from "../explain/follow.ts";
import { endWords } from "../explain/hints.ts";
import { WIDTH, wrap } from "./columns.ts";

/** One line: what it is about, and sentences about it, which are wrapped. */
type Line = readonly [what: string, ...sentences: string[]];

/** Columns of a line's number and of what it is about. */
const NUMBER = 3;
const WHAT = 16;

const VERDICT: Readonly<Record<Step["verdict"], string>> = { match: "MATCH: ", no: "no: ", open: "cannot be told: " };

/** The text of an explanation: numbered lines in the order in which the packet meets them, then where that ends. */
export function formatExplanation(explanation: Explanation): string {
  const { assumed, steps, marked, sourceNat, hints } = explanation;
  const lines: Line[] = [
    ...steps.map(stepLine),
    ...marked.flatMap((one) => markLines(one, explanation.kernelRead)),
    ...(sourceNat === undefined ? [] : [["source NAT", natWords(explanation)] as const]),
  ];
  return [
    ...assumed.map((words) => hanging(`(taken for granted: ${words})`)),
    ...lines.map(([what, ...sentences], i) => numbered(i + 1, what, sentences)),
    result(explanation),
    ...hints.map((hint) => hanging(`Hint: ${hint}`)),
  ].join("");
}

function numbered(number: number, what: string, sentences: readonly string[]): string {
  const indent = NUMBER + WHAT + 1;
  const first = `${String(number).padStart(2)} ${what.padEnd(WHAT)} `;
  return sentences
    .flatMap((sentence) => wrap(sentence, WIDTH - indent))
    .map((line, i) => `${i === 0 ? first : " ".repeat(indent)}${line}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

function stepLine({ what, verdict, words, rule, says }: Step): Line {
  const said = `${rule === undefined ? "" : VERDICT[verdict]}${words.join(", ")}`;
  return says === undefined ? [what, said] : [what, said, `-> ${says}`];
}

function markLines({ owner, slot, value, mask, preference, table, route }: Marked, kernelRead: boolean): Line[] {
  const mark = `${value}/${mask}`;
  if (!kernelRead) return [["mark", `${mark} (slot ${slot}, ${owner}), table ${table.name}`]];
  const rule = preference === undefined ? "the kernel has no ip rule for it" : `fwmark ${mark} lookup ${table.name}`;
  return [
    ["mark", `${mark} (slot ${slot}, ${owner})`],
    [preference === undefined ? "ip rule" : `ip rule ${preference}`, rule],
    [
      `table ${table.name}${table.name === String(table.id) ? "" : ` (${table.id})`}`,
      route ?? "no default route: goes on to main",
    ],
  ];
}

/** What is translated, and on which lines. */
function natWords({ sourceNat, leaves, end }: Explanation): string {
  const by = end.to === "uplinks" ? ` on ${leaves.map((way) => way.interface).join(" or ")}` : "";
  return `${sourceNat === "masquerade" ? "masquerade" : `to ${sourceNat}`}${by}`;
}

function result(explanation: Explanation): string {
  const { decidedBy, kernel, connection, ifFails, replies } = explanation;
  const said: string[] = [];
  const { end } = explanation;
  const why = decidedBy === undefined ? "no rule matched: " : "";
  const source = end.to === "uplinks" && end.bySource ? ` (source-rule: sent from an address of ${end.ways[0]})` : "";
  said.push(`=> ${why}${ending(end, explanation)}${source}`);
  if (replies !== undefined)
    said.push(`   Answers: ${replies.end.to === "uplinks" ? endWords(replies.end) : ending(replies.end, explanation, true)}`);
  if (kernel !== undefined)
    said.push(...(kernel.agrees ? [agreed(explanation)] : kernel.disagreements.map((one) => `   THE KERNEL DISAGREES: ${one}`)));
  if (kernel?.agrees === false) said.push(...kernel.asked.map(({ command, answer }) => `   asked: ${command}: ${answer}`));
  if (connection !== undefined) {
    const owner =
      connection.owner === undefined
        ? "it is not steered"
        : `${connection.cameIn ? "it came in by" : "it has the mark of"} ${connection.owner}`;
    const keeps = connection.agrees ? "as above" : "IT GOES ANOTHER WAY: established connections keep theirs";
    said.push(`   Tracked now: ${connection.text}, mark ${connection.mark}: ${owner}; ${keeps}.`);
  }
  for (const { uplink, end, why } of ifFails)
    said.push(
      `   If ${uplink} fails: ${why === undefined ? "" : `${why}: `}${ending(end, explanation, true)}${sameLine(uplink, end, explanation)}`,
    );
  return said.map((text) => hanging(text)).join("");
}

function hanging(text: string): string {
  const indent = text.startsWith("=>") ? "" : "   ";
  return wrap(text.trim(), WIDTH - 6)
    .map((line, i) => `${i === 0 ? indent : "      "}${line}\n`)
    .join("");
}

/** Main may know no other way than the line that fails. */
function sameLine(uplink: string, end: End, { leaves, kernel }: Explanation): string {
  const device = leaves.find((way) => way.uplink === uplink)?.interface;
  if (end.to !== "main" || device === undefined || kernel?.main?.split(" ")[0] !== device) return "";
  return " now: the same line";
}

function ending(end: End, { leaves, kernel }: Explanation, other = false): string {
  const by = kernel?.mainBy === undefined ? "" : ` (${kernel.mainBy})`;
  const byMain = kernel?.main === undefined ? "" : `, ${kernel.main}${by}`;
  switch (end.to) {
    case "uplinks":
      return other
        ? endWords(end)
        : `leaves ${leaves.map((way) => `${way.interface}${way.gateway === undefined ? "" : ` to ${way.gateway}`}`).join(" or ")}`;
    case "main":
      return `table main${byMain}`;
    case "table":
      return `table ${end.table}`;
    case "router":
      return "the router itself";
    case "drop":
      return "dropped";
    default:
      return `refused (${end.to})`;
  }
}

function agreed({ marked, packet }: Explanation): string {
  const mark = marked[0] === undefined ? "" : ` mark ${marked[0].value}`;
  const from = packet.inbound === undefined ? "" : ` iif ${packet.inbound}`;
  return `   Kernel agrees (ip route get ...${mark}${from}).`;
}
