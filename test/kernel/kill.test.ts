import { describe, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { inNamespace, type Namespace, ROOT } from "../support/namespace.ts";
import { difference, readState, type State } from "../support/namespace-state.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";
import { reach } from "./reach.ts";
import { TRANSITIONS } from "./transitions.ts";
import { askMarks, askWays, marksInChains, misplacedJumps } from "./ways.ts";

const LOCK = `${ROOT}/run/policy-route/lock`;

/** A whole state, and the way the kernel sends each owner's packets in it. */
interface Whole {
  readonly state: State;
  readonly ways: Readonly<Record<string, string>>;
}

async function look(router: Namespace): Promise<Whole> {
  const state = await readState(router);
  return { state, ways: await askWays(router, state) };
}

/**
 * What a state between two whole ones must not be: marks given by chains of neither, or an owner's mark that leads anywhere
 * but where the old or the new configuration sends that owner.
 */
async function mixtures(router: Namespace, old: Whole, wanted: Whole): Promise<string[]> {
  const { state, ways } = await look(router);
  const wrong = misplacedJumps(state);
  for (const family of ["ipv4", "ipv6"] as const) {
    const mangle = (whole: State) => whole[family].filter((line) => line.startsWith("mangle ")).join("\n");
    if (mangle(state) !== mangle(old.state) && mangle(state) !== mangle(wanted.state))
      wrong.push(`${family}: chains are neither old nor new`);
    for (const owner of marksInChains(state, family).keys()) {
      const key = `${family} ${owner}`;
      const right = [old.ways[key], wanted.ways[key]];
      if (!right.includes(ways[key])) wrong.push(`${key} goes ${ways[key]}, right would be ${right.join(" or ")}`);
    }
    // Connections live on with the mark they were given: it must not lead to another owner's uplink.
    const before = marksInChains(old.state, family);
    const asked = await askMarks(router, family, [...before.values()]);
    for (const [i, owner] of [...before.keys()].entries()) {
      const key = `${family} ${owner}`;
      const right = [old.ways[key], wanted.ways[key], wanted.ways[`${family} main`]];
      if (!right.includes(asked[i])) wrong.push(`connections of ${key} go ${asked[i]}, right would be ${right.join(" or ")}`);
    }
  }
  return wrong;
}

describe.each(FRONT_ENDS)("kill -9 after every step (iptables-%s)", (frontEnd) => {
  test.concurrent.for(TRANSITIONS)("$name: never a mixture, and the next run makes it whole", ({ from, to }, { expect }) =>
    inNamespace(frontEnd, async (router) => {
      await router.sh(FOREIGN_LAYER);
      await reach(router, from);
      const old = await look(router);
      const whole = to.length === 0 ? await router.run(["uninstall"]) : await router.apply(to);
      const wanted = await look(router);
      expect(whole.changes.length).toBeGreaterThan(5);

      const wrong: Record<string, string[]> = {};
      for (let at = 0; at <= whole.changes.length; at++) {
        await reach(router, []);
        await reach(router, from);
        const fault = { at, kind: "die" } as const;
        const run = to.length === 0 ? await router.run(["uninstall"], fault) : await router.apply(to, fault);
        expect(run.failed).toBe("killed");
        const found = await mixtures(router, old, wanted);
        await router.sh(`[ ! -e ${LOCK} ] || flock --nonblock --exclusive ${LOCK} true`);
        await reach(router, to);
        found.push(...difference(wanted.state, await readState(router)));
        if (found.length > 0) wrong[`${at} ${whole.changes[at - 1]?.split("\n")[0]}`] = found;
      }
      expect(wrong).toEqual({});
    }),
  );
});
