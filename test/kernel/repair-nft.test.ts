import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Namespace, openNamespace } from "../support/namespace.ts";
import { difference, readState, type State } from "../support/namespace-state.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";
import { reach } from "./reach.ts";
import { A } from "./transitions.ts";

const TABLE = "ip policy_route";
/** A's rules 500 and up as one set. */
const SET = "$(nft list table ip policy_route | sed -n 's/^.set \\(.*\\) {/\\1/p')";

/** What somebody else can do to our tables. */
const DAMAGE: readonly [string, string][] = [
  ["everything flushed", "nft flush ruleset"],
  ["one table gone", "nft delete table ip6 policy_route"],
  ["one table empty", `nft flush table ${TABLE}`],
  ["a chain emptied", `nft flush chain ${TABLE} POLICY_ROUTE_KEEP`],
  ["a rule in our chain", `nft insert rule ${TABLE} POLICY_ROUTE_FWD counter return`],
  [
    "a rule out of our chain",
    `nft delete rule ${TABLE} POLICY_ROUTE_T_1 handle $(nft -a list chain ${TABLE} POLICY_ROUTE_T_1 | sed -n 's/.*meta mark set.*# handle //p')`,
  ],
  ["a chain of somebody's in our table", `nft add chain ${TABLE} theirs '{ type filter hook forward priority 0; policy drop; }'`],
  ["a chain that drops by default", `nft chain ${TABLE} POLICY_ROUTE_PRE '{ policy drop; }'`],
  ["our table switched off", `nft add table ${TABLE} '{ flags dormant; }'`],
  ["a map of somebody's in our table", `nft add map ${TABLE} m '{ type ipv4_addr : mark; }'`],
  ["a set of somebody's in our table", `nft add set ${TABLE} s '{ type ipv4_addr; }'`],
  ["our set emptied", `nft flush set ${TABLE} ${SET}`],
  ["a member less in our set", `nft delete element ${TABLE} ${SET} '{ 10.50.0.0/16 }'`],
  ["a member more in our set", `nft add element ${TABLE} ${SET} '{ 203.0.113.0/24 }'`],
];

let router: Namespace;
let old: State;
beforeAll(async () => {
  router = await openNamespace("nftables");
  await router.sh(FOREIGN_LAYER);
  await reach(router, A);
  old = await readState(router);
});
afterAll(() => router?.stop());
beforeEach(() => reach(router, A));

test.each(DAMAGE)("%s: one run puts it right, the next has nothing to do", async (_, script) => {
  await router.sh(script);
  expect((await readState(router)).nft).not.toEqual(old.nft);
  expect(await router.run(["restart"])).toMatchObject({ exitCode: 0 });
  expect(difference(old, await readState(router), ["nft", "rules", "routes", "sets", "sysctls", "files"])).toEqual([]);
  const again = await router.run(["restart"]);
  expect(again.changes.filter((change) => !change.endsWith("/state.json"))).toEqual([]);
});

test("what did not change keeps its counters", async () => {
  const counted = async (chain: string) =>
    (await router.sh(`nft list chain ${TABLE} ${chain}`)).match(/packets \d+/g)?.map((text) => Number(text.split(" ")[1])) ?? [];
  for (let i = 0; i < 5; i++) await router.exec(["sh", "-c", "echo | socat - UDP4:203.0.113.1:123"]);
  const out = await counted("POLICY_ROUTE_OUT");
  expect(Math.max(...out)).toBeGreaterThanOrEqual(5);
  await reach(router, [...A, "rule 40 log enable"]);
  expect((await counted("POLICY_ROUTE_OUT")).map((n, i) => n >= (out[i] ?? 0))).toEqual(out.map(() => true));
  expect(Math.max(...(await counted("POLICY_ROUTE_OUT")))).toBeGreaterThanOrEqual(5);
});
