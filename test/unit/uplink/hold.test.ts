import { describe, expect, it } from "vitest";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Outage } from "../../../src/uplink/flap-memory.ts";
import { type Holds, holdDownSeconds, outagesOf, updateHolds } from "../../../src/uplink/hold.ts";
import { NO_LIVENESS } from "../../../src/uplink/liveness.ts";
import type { UplinkState } from "../../../src/uplink/uplink-state.ts";

function configOf(lines: readonly string[]) {
  const all = [
    "uplink dsl interface eth1",
    "uplink lte interface wwan0",
    "group web uplink dsl",
    "group web uplink lte",
    ...lines,
  ];
  const tree = parseSetCommands(all.map((line) => `set policy-route ${line}\n`).join(""));
  return parseConfig(tree.children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
}

/** What happens to dsl, with times: [100, "link"]. The last answer is given. */
function holdsAfter(lines: readonly string[], events: readonly (readonly [at: number, outage: Outage])[]): Holds {
  const config = configOf(lines);
  let holds = updateHolds(NO_LIVENESS, config, new Map(), 0);
  for (const [at, outage] of events) holds = updateHolds(holds, config, new Map([["dsl", outage]]), at);
  return holds;
}

const heldOf = ({ held }: Holds) => Object.fromEntries([...held].map(([group, members]) => [group, Object.fromEntries(members)]));
const DELAY = ["group web failback-delay 30"];
const PROBED = ["uplink dsl health target gateway", "uplink dsl health hold-down 10"];

describe("held members", () => {
  it("are none where nobody asks for it", () => {
    expect(heldOf(holdsAfter([], [[500, "link"]]))).toEqual({});
    expect(
      heldOf(
        holdsAfter(
          [],
          [
            [500, "link"],
            [510, "none"],
          ],
        ),
      ),
    ).toEqual({});
  });

  it("are held while they are down, and for the delay after", () => {
    expect(holdsAfter(DELAY, [[500, "link"]])).toMatchObject({ deadline: undefined });
    expect(heldOf(holdsAfter(DELAY, [[500, "link"]]))).toEqual({ web: { dsl: undefined } });
    const back = holdsAfter(DELAY, [
      [500, "link"],
      [510, "none"],
    ]);
    expect(heldOf(back)).toEqual({ web: { dsl: 540 } });
    expect(back.deadline).toBe(540);
    expect(
      heldOf(
        holdsAfter(DELAY, [
          [500, "link"],
          [510, "none"],
          [539, "none"],
        ]),
      ),
    ).toEqual({ web: { dsl: 540 } });
    const free = holdsAfter(DELAY, [
      [500, "link"],
      [510, "none"],
      [540, "none"],
    ]);
    expect(heldOf(free)).toEqual({});
    expect(free.deadline).toBeUndefined();
  });

  it("start anew when they go down again before their time", () => {
    expect(
      heldOf(
        holdsAfter(DELAY, [
          [500, "link"],
          [510, "none"],
          [520, "verdict"],
          [530, "none"],
        ]),
      ),
    ).toEqual({ web: { dsl: 560 } });
  });

  it("are let go by nobody but the operator with failback manual", () => {
    const manual = ["group web failback manual"];
    const long = holdsAfter(manual, [
      [500, "verdict"],
      [510, "none"],
      [99_999, "none"],
    ]);
    expect(heldOf(long)).toEqual({ web: { dsl: undefined } });
    const released = { ...long, held: new Map() };
    expect(heldOf(updateHolds(released, configOf(manual), new Map(), 100_000))).toEqual({});
  });

  it("that were never up have not left anybody: what is down at the start is held, and free when it first comes up without a delay", () => {
    const config = configOf(PROBED);
    const start = updateHolds(NO_LIVENESS, config, new Map([["dsl", "link"]]), 0);
    expect(heldOf(updateHolds(start, config, new Map(), 5))).toEqual({});
  });

  it("come up by themselves the first time, also with failback manual", () => {
    const manual = configOf(["group web failback manual"]);
    const start = updateHolds(NO_LIVENESS, manual, new Map([["dsl", "link"]]), 0);
    expect(heldOf(start)).toEqual({});
  });

  it("never get their traffic back early: times are whole seconds, rounded up", () => {
    expect(
      holdsAfter(DELAY, [
        [500, "link"],
        [510.25, "none"],
      ]).deadline,
    ).toBe(541);
  });

  it("of a flapping line wait twice as long each time, up to 300 s, and are forgiven", () => {
    const flaps = (count: number): [number, Outage][] =>
      Array.from({ length: count }, (_, i): [number, Outage][] => [
        [1000 + 10 * i, "link"],
        [1005 + 10 * i, "none"],
      ]).flat();
    expect(heldOf(holdsAfter(PROBED, flaps(1)))).toEqual({ web: { dsl: 1015 } });
    expect(heldOf(holdsAfter(PROBED, flaps(2)))).toEqual({ web: { dsl: 1035 } });
    expect(heldOf(holdsAfter(PROBED, flaps(4)))).toEqual({ web: { dsl: 1115 } });
    expect(heldOf(holdsAfter(PROBED, flaps(9)))).toEqual({ web: { dsl: 1085 + 300 } });
    expect(heldOf(holdsAfter(PROBED, [...flaps(9), [2000, "link"], [2001, "none"]]))).toEqual({ web: { dsl: 2011 } });
  });

  it("whose probes failed are not held for the hold-down: their verdict was", () => {
    expect(
      heldOf(
        holdsAfter(PROBED, [
          [500, "verdict"],
          [510, "none"],
        ]),
      ),
    ).toEqual({});
    expect(
      heldOf(
        holdsAfter(PROBED, [
          [500, "verdict"],
          [505, "link"],
          [510, "none"],
        ]),
      ),
    ).toEqual({ web: { dsl: 520 } });
  });

  it("are forgotten with their group, and while it is disabled", () => {
    const memory = holdsAfter(DELAY, [[500, "link"]]);
    expect(heldOf(updateHolds(memory, configOf([...DELAY, "group web disable"]), new Map([["dsl", "link"]]), 600))).toEqual({});
  });
});

describe("the reason why an uplink is not used", () => {
  const route = { kind: "gateway", gateway: "198.51.100.1", onlink: false, gateways: [] } as const;
  const none = { kind: "none", onlink: false, gateways: [] } as const;
  const dsl: UplinkState = { name: "dsl", interface: "eth1", link: "up", addresses: [], routes: { ipv4: route, ipv6: none } };

  it.each<[Partial<UplinkState>, Outage]>([
    [{}, "none"],
    [{ objection: "its probes fail" }, "verdict"],
    [{ link: "no-carrier" }, "link"],
    [{ link: "no-carrier", objection: "its probes fail" }, "link"],
    [{ routes: { ipv4: none, ipv6: none } }, "link"],
    [{ routes: { ipv4: none, ipv6: route } }, "none"],
  ])("%j: %s", (state, outage) => {
    expect(outagesOf([{ ...dsl, ...state }])).toEqual(new Map([["dsl", outage]]));
  });
});

describe("hold-down", () => {
  it("doubles, ends at 300 s, and is never shorter than asked for", () => {
    expect([0, 1, 2, 3, 6, 99].map((flaps) => holdDownSeconds(10, flaps))).toEqual([0, 10, 20, 40, 300, 300]);
    expect(holdDownSeconds(3600, 3)).toBe(3600);
    expect(holdDownSeconds(0, 5)).toBe(0);
  });
});
