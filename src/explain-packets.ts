import { usedNames } from "./config/outside-names.ts";
import type { Config } from "./config/schema.ts";
import type { Context } from "./context.ts";
import { explain } from "./explain/explain.ts";
import type { Explanation } from "./explain/explanation.ts";
import { judgeKernel, lookups } from "./explain/kernel-answer.ts";
import type { Question } from "./explain/read-question.ts";
import type { Sighted } from "./explain/sighted.ts";
import { connectionQuery, readConnection } from "./explain/tracked.ts";
import { askRoutes } from "./host/ask-routes.ts";
import { askSets } from "./host/ask-sets.ts";
import type { Sight } from "./show/sight.ts";

/**
 * Explains packets, and asks the kernel about each: its routing with `ip route get`, its connections with conntrack(8) where that
 * is installed. Changes nothing. `config`: the sight's, which has one.
 */
export async function explainPackets(
  { host }: Context,
  sight: Sight,
  config: Config,
  questions: readonly Omit<Question, "named">[],
): Promise<Explanation[]> {
  const inSets = await askSets(
    host,
    usedNames(config).sets,
    questions.map(({ packet }) => packet),
  );
  const sighted = { ...sightedOf(sight, config), inSets };
  const explained = questions.map(({ packet, assumed }) => explain(packet, assumed, sighted));
  const asked = explained.map(lookups);
  const answers = await askRoutes(host, asked.flat());
  let next = 0;
  return await Promise.all(
    explained.map(async (explanation, i): Promise<Explanation> => {
      const own = answers.slice(next, next + (asked[i]?.length ?? 0));
      next += own.length;
      const kernel = judgeKernel(explanation, own);
      const query = connectionQuery(explanation.packet);
      const found = query === undefined ? undefined : await host.run(["conntrack", "-L", ...query], { timeout: 5000 });
      const connection = found?.exitCode === 0 ? readConnection(found.stdout, explanation, sighted) : undefined;
      return { ...explanation, ...(kernel === undefined ? {} : { kernel }), ...(connection === undefined ? {} : { connection }) };
    }),
  );
}

function sightedOf({ links, uplinks, slots, held, now, kernel }: Sight, config: Config): Sighted {
  const seen =
    kernel === undefined
      ? {}
      : { kernel: { ipRules: kernel.observed.ipRules, routes: kernel.observed.routes, stepsToDo: kernel.plan.length } };
  return { config, links, uplinks, slots: slots.slots, held, now, ...seen };
}
