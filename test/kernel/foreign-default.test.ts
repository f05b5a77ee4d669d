import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { type Namespace, openNamespace } from "../support/namespace.ts";
import { difference, readState } from "../support/namespace-state.ts";

const OTHERS = [
  "route add default via 203.0.113.99 dev eth2 table 20 proto static metric 5",
  "-6 route add default via 2001:db8:2::99 dev eth2 table 20 proto static",
  "route add default via 203.0.113.99 dev eth2 table 2002 proto static metric 5",
  "route add throw default table 2001 proto static metric 5",
  // What refuses, and what would be asked last, lets nothing out.
  "route add blackhole default table 20 proto static metric 7",
  "route add default via 203.0.113.99 dev eth2 table 20 proto static metric 4294967000",
];
const WAY = (uplink: string) => [
  `uplink ${uplink} interface eth2`,
  `uplink ${uplink} gateway 203.0.113.1`,
  `uplink ${uplink} gateway6 2001:db8:2::1`,
  `uplink ${uplink} mark 1`,
];
const UPLINK = [...WAY("dsl"), "uplink dsl table 20", "rule 10 set uplink dsl"];
const GROUP = [...WAY("dsl"), "group lines uplink dsl", "rule 10 set group lines"];
const GUARDED = [...UPLINK, "uplink dsl if-down prohibit"];

const leaves = (route: string, table: number, guard: string, remedy: string) =>
  `somebody else's route "${route}" in table ${table} comes before ${guard}: packets leave by it; ${remedy}`;
const V4 = "default via 203.0.113.99 dev eth2 metric 5";
const V6 = "default via 2001:db8:2::99 dev eth2 metric 1024";
const ANOTHER = "delete that route, or set another table";

describe.each(FRONT_ENDS)("a default route of others in a table of ours (%s)", (frontEnd) => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
  });
  afterAll(() => router?.stop());

  const add = () => router.sh(OTHERS.map((line) => `ip ${line}`).join("\n"));
  const remove = () => router.sh(OTHERS.map((line) => `ip ${line.replace(" add ", " del ")}`).join("\n"));

  test("comes before a kill switch: the commit is refused, of an uplink, a group and a rule that refuses", async () => {
    await add();
    const before = await readState(router);
    const refused = async (lines: readonly string[], said: readonly string[]) => {
      const run = await router.apply(lines);
      expect(run.failed).toBe("ConfigError");
      expect(run.message?.split("\n")).toEqual(said);
      expect(difference(before, await readState(router))).toEqual([]);
    };
    await refused(
      GUARDED,
      [V4, V6].map((route) => `policy-route uplink dsl: ${leaves(route, 20, "if-down prohibit", ANOTHER)}`),
    );
    await refused(
      [...GROUP, "group lines if-down blackhole"],
      [`policy-route group lines: ${leaves(V4, 2002, "if-down blackhole", "delete that route")}`],
    );
    await refused(
      ["rule 10 action prohibit"],
      [`policy-route: ${leaves("throw default metric 5", 2001, "action prohibit", "delete that route")}`],
    );
    await remove();
  });

  test("and appears later: a restart goes on, and show says so", async () => {
    expect(await router.apply(GUARDED)).toMatchObject({ exitCode: 0, err: "" });
    await add();
    const { exitCode, stderr } = await router.program(["restart"]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const { stdout } = await router.program(["show"]);
    expect(stdout.replace(/\s+/g, " ")).toContain(leaves(V4, 20, "if-down prohibit", ANOTHER));
    await remove();
  });

  test("where nothing guards: a warning", async () => {
    await router.sh(`ip ${OTHERS[0]}`);
    const run = await router.apply(UPLINK);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(run.err).toBe(`Warning: policy-route uplink dsl: ${leaves(V4, 20, "if-down main", ANOTHER)}\n`);
    await router.sh(`ip ${OTHERS[0]?.replace(" add ", " del ")}`);
  });
});
