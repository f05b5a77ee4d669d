import { type Context, EXIT, OperatorError } from "../context.ts";
import { applyPlan } from "../host/apply-plan.ts";
import { HostError } from "../host/host.ts";
import { takeLock } from "../host/lock.ts";
import { output } from "../host/observe-kernel.ts";
import { clearIptables, clearNft, type HandledRule, parseHandles } from "../kernel/clear-counters.ts";
import type { Observed } from "../kernel/kernel-objects.ts";
import { NFT_TABLE } from "../kernel/ownership.ts";
import type { Plan } from "../kernel/plan.ts";
import { NFT_FAMILY } from "../kernel/plan-nft.ts";
import { look } from "../look.ts";
import { mustBeConfigured, mustHave } from "../must-have.ts";
import { type NotedLine, notedLines } from "../show/rule-lines.ts";

const USAGE = "usage: policy-route clear counters [rule NUMBER]";

/** `policy-route clear counters [rule NUMBER]`: the rules' counters begin at zero. Nobody else's do. */
export async function run(context: Context, words: readonly string[]): Promise<number> {
  const [what, kind, number] = words;
  if (what !== "counters" || (words.length > 1 && (kind !== "rule" || number === undefined || words.length > 3)))
    throw new OperatorError(USAGE);
  const release = await takeLock(context.paths.lock);
  try {
    const { config, kernel } = await look(context);
    if (number === undefined) mustBeConfigured(config);
    else mustHave("rule", number, config);
    if (kernel === undefined) throw new HostError("Permission denied: counters are in the kernel's rules");
    const lines = notedLines(kernel).filter(
      ({ first, last, shown }) =>
        shown.status === "ok" && (number === undefined || (first <= Number(number) && Number(number) <= last)),
    );
    await applyPlan(context.host, await clearing(context, lines, kernel.observed));
    context.out(said(number, lines));
    return EXIT.fine;
  } finally {
    release();
  }
}

async function clearing(context: Context, lines: readonly NotedLine[], observed: Observed): Promise<Plan> {
  const wanted = new Set(lines.map(({ shown, chain, hash }) => `${shown.family} ${chain} ${hash}`));
  const inIptables = observed.chains.flatMap(({ family, table, name: chain, lines }) =>
    lines.flatMap(({ hash }, i) =>
      table === "mangle" && wanted.has(`${family} ${chain} ${hash}`) ? [{ family, chain, position: i + 1 }] : [],
    ),
  );
  const inNft: HandledRule[] = [];
  for (const { family } of observed.nft) {
    const listed = await output(context.host, ["nft", "-n", "-a", "list", "table", NFT_FAMILY[family], NFT_TABLE]);
    inNft.push(...parseHandles(listed, family).filter(({ chain, hash }) => wanted.has(`${family} ${chain} ${hash}`)));
  }
  return [...clearIptables(inIptables), ...clearNft(inNft)];
}

function said(number: string | undefined, lines: readonly NotedLine[]): string {
  if (number === undefined) return "All counters of rules begin at zero\n";
  const shared = lines.find(({ first, last }) => first !== last);
  if (shared === undefined) return `The counter of rule ${number} begins at zero\n`;
  return `The counter of rules ${shared.first}-${shared.last}, which share a set, begins at zero\n`;
}
