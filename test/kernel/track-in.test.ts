import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IPTABLES } from "../support/front-end.ts";
import { type Namespace, openNamespace } from "../support/namespace.ts";

const CONFIG = ["backend iptables", "uplink one interface eth1", "uplink one gateway 198.51.100.1", "rule 10 set uplink one"];

const hook = (builtIn: string) => `
  $tables -t raw -N VYATTA_CT_${builtIn}_HOOK
  $tables -t raw -A VYATTA_CT_${builtIn}_HOOK -j RETURN
  $tables -t raw -A ${builtIn} -j VYATTA_CT_${builtIn}_HOOK`;
const BOTH = hook("PREROUTING") + hook("OUTPUT");
const NOTRACK = "$tables -t raw -A PREROUTING -j NOTRACK; $tables -t raw -A OUTPUT -j NOTRACK";

const FROM_ONE_HOOK = ["OUTPUT jumps", "VYATTA_CT_PREROUTING_HOOK jumps", "template"];

/** What raw has, where our jumps are then, and whether our chain accepts or attaches a template of connection tracking. */
const RAWS: readonly (readonly [has: string, made: string, ours: readonly string[]])[] = [
  ["Vyatta's hooks and nothing that untracks", BOTH, []],
  [
    "Vyatta's hooks and NOTRACK",
    `${BOTH}\n${NOTRACK}`,
    ["VYATTA_CT_OUTPUT_HOOK jumps", "VYATTA_CT_PREROUTING_HOOK jumps", "accepts"],
  ],
  ["one of Vyatta's hooks and NOTRACK", `${hook("PREROUTING")}\n${NOTRACK}`, FROM_ONE_HOOK],
  [
    "the chain of one that nothing leads to",
    `${hook("PREROUTING")}; $tables -t raw -N VYATTA_CT_OUTPUT_HOOK; ${NOTRACK}`,
    FROM_ONE_HOOK,
  ],
  ["a bare NOTRACK", NOTRACK, ["OUTPUT jumps", "PREROUTING jumps", "template"]],
];

describe.each(IPTABLES)("raw (%s)", (frontEnd) => {
  let router: Namespace;
  beforeEach(async () => {
    router = await openNamespace(frontEnd);
  });
  afterEach(() => router?.stop());

  const raw = async (tables: string): Promise<string[]> =>
    (await router.sh(`${tables}-save -t raw | grep -- '^-A' || true`)).split("\n").filter((line) => line !== "");
  const ours = (lines: readonly string[]): string[] =>
    lines
      .filter((line) => line.includes("policy-route:"))
      .map((line) => {
        if (line.endsWith("-j POLICY_ROUTE_CT")) return `${line.split(" ")[1]} jumps`;
        return line.endsWith("-j ACCEPT") ? "accepts" : / -j CT( --zone 0)?$/.test(line) ? "template" : line;
      })
      .sort();

  test.each(RAWS)("with %s", async (_, made, expected) => {
    await router.sh(`for tables in iptables ip6tables; do ${made}\ndone`);
    const before = await raw("iptables");
    expect(await router.apply(CONFIG)).toMatchObject({ exitCode: 0, err: "" });
    for (const tables of ["iptables", "ip6tables"]) expect(ours(await raw(tables)), tables).toEqual(expected);
    expect(await router.run(["uninstall"])).toMatchObject({ exitCode: 0 });
    expect(await raw("iptables")).toEqual(before);
  });

  test("a hook that comes and goes is followed", async () => {
    await router.sh(`for tables in iptables ip6tables; do ${hook("PREROUTING")}\n${NOTRACK}; done`);
    await router.apply(CONFIG);
    await router.sh(`for tables in iptables ip6tables; do ${hook("OUTPUT")}; done`);
    expect(await router.apply(CONFIG)).toMatchObject({ exitCode: 0 });
    expect(ours(await raw("iptables"))).toContain("VYATTA_CT_OUTPUT_HOOK jumps");
    await router.sh(`for tables in iptables ip6tables; do $tables -t raw -F; $tables -t raw -X VYATTA_CT_OUTPUT_HOOK
      $tables -t raw -X VYATTA_CT_PREROUTING_HOOK; done`);
    expect(await router.apply(CONFIG)).toMatchObject({ exitCode: 0 });
    expect(await raw("iptables")).toEqual([]);
  });
});
