import { describe, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { inNamespace, ROOT } from "../support/namespace.ts";
import { difference, readState } from "../support/namespace-state.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";
import { reach } from "./reach.ts";
import { BACKENDS, TRANSITIONS } from "./transitions.ts";

describe.each(FRONT_ENDS)("each change failing in turn (%s)", (frontEnd) => {
  const transitions = frontEnd === "iptables-nft" ? TRANSITIONS : [...TRANSITIONS, ...BACKENDS];
  test.concurrent.for(transitions)("$name: the old state is back, the error says what failed", ({ from, to }, { expect }) =>
    inNamespace(frontEnd, async (router) => {
      await router.sh(FOREIGN_LAYER);
      await reach(router, from);
      const old = await readState(router);
      const go = (fault?: Parameters<typeof router.run>[1]) =>
        to.length === 0 ? router.run(["uninstall"], fault) : router.apply(to, fault);
      // The folder below /run is the last thing to go, when nothing of ours is left that could be put back.
      const changes = (await go()).changes.filter((change) => change !== `remove ${ROOT}/run/policy-route`);
      expect(changes.length).toBeGreaterThan(5);
      await reach(router, []);
      await reach(router, from);

      const wrong: Record<string, unknown> = {};
      for (let at = 1; at <= changes.length; at++) {
        const what = changes[at - 1]?.split("\n")[0] ?? "";
        for (const kind of what.startsWith("write") || what.startsWith("remove")
          ? (["refuse"] as const)
          : (["half", "late"] as const)) {
          const run = await go({ at, kind });
          const left = difference(old, await readState(router));
          const says = run.message?.includes(what) && /refused by the test|EIO/.test(run.message);
          const kinds = ["CommandError", "HostError"].includes(run.failed ?? "");
          if (left.length > 0 || !says || !kinds) {
            wrong[`${at} ${kind} ${what}`] = { failed: run.failed ?? run.exitCode, message: run.message, left: left.slice(0, 8) };
            await reach(router, []);
            await reach(router, from);
          }
        }
      }
      expect(wrong).toEqual({});
    }),
  );
});
