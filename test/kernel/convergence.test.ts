import fc from "fast-check";
import { expect, test } from "vitest";
import { backendOf, FRONT_ENDS, type FrontEnd } from "../support/front-end.ts";
import { inNamespace, type Namespace, ROOT, type Run } from "../support/namespace.ts";
import { difference, missing, readState, type State } from "../support/namespace-state.ts";
import { arbitraryConfig } from "./arbitrary-config.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";
import { askWays, misplacedJumps } from "./ways.ts";

const MEMORY = `${ROOT}/etc/iproute2/rt_tables.d/policy-route.conf`;

/** Applied without a word of refusal; the message is what a shrunk counterexample has to say. */
function fine(run: Run, lines: readonly string[]): Run {
  if (run.exitCode !== 0) throw new Error(`${run.failed}: ${run.message}\n${lines.join("\n")}`);
  return run;
}

/** With nftables, from and to iptables too. */
function arbitraryBackends(frontEnd: FrontEnd): fc.Arbitrary<readonly [string, string]> {
  const own = backendOf(frontEnd);
  const others: [string, string][] = [
    ["iptables", "nftables"],
    ["nftables", "iptables"],
  ];
  return fc.constantFrom([own, own] as [string, string], ...(own === "nftables" ? others : []));
}

async function checkPair(router: Namespace, base: State, a: readonly string[], b: readonly string[]): Promise<void> {
  fine(await router.apply(a), a);
  // Where everything is disabled there is nothing to remember.
  const memory = await router.sh(`cat ${MEMORY} 2>/dev/null || true`);
  fine(await router.apply(b), b);
  const reached = await readState(router);
  const ways = await askWays(router, reached);
  expect(missing(base, reached, ["ipv4", "ipv6", "rules", "routes", "sets"])).toEqual([]);
  expect(misplacedJumps(reached)).toEqual([]);

  const again = fine(await router.apply(b), b);
  expect(again.changes.filter((change) => !change.endsWith("/state.json"))).toEqual([]);

  // The text alone says the same as the configuration it was saved from.
  await router.sh(`rm ${ROOT}/run/policy-route/applied.json`);
  const restarted = fine(await router.run(["restart"]), b);
  expect(restarted.changes.filter((change) => !/\/(state|applied)\.json$/.test(change))).toEqual([]);

  fine(await router.run(["uninstall"]), []);
  expect(difference(base, await readState(router))).toEqual([]);

  // Slots are remembered: with the memory of A, B from nothing is B from A.
  if (memory !== "") await router.sh(`cat > ${MEMORY} <<'END'\n${memory}END`);
  fine(await router.apply(b), b);
  const fresh = await readState(router);
  expect(difference(reached, fresh)).toEqual([]);
  expect(await askWays(router, fresh)).toEqual(ways);
}

/** How many pairs, and which: `RUNS=200 SEED=7` looks further. */
const RUNS = { numRuns: Number(process.env["RUNS"] ?? 20), seed: Number(process.env["SEED"] ?? 42), endOnFailure: true };

test.concurrent.for(FRONT_ENDS)(
  "any configuration to any other in one apply, and out again without a trace (%s)",
  { timeout: 60_000 + RUNS.numRuns * 20_000 },
  (frontEnd) =>
    inNamespace(frontEnd, async (router) => {
      await router.sh(FOREIGN_LAYER);
      const base = await readState(router);
      const backends = arbitraryBackends(frontEnd);
      const pair = fc.asyncProperty(arbitraryConfig, arbitraryConfig, backends, async (a, b, [ofA, ofB]) => {
        fine(await router.run(["uninstall"]), []);
        await checkPair(router, base, [`backend ${ofA}`, ...a], [`backend ${ofB}`, ...b]);
      });
      await fc.assert(pair, RUNS);
    }),
);
