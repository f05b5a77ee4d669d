import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portCondition } from "../../../src/compile/port-condition.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import type { Side } from "../../../src/config/schema.ts";
import { portMatch } from "../../../src/config/values/port.ts";

interface Asked {
  readonly negate: boolean;
  readonly ranges: readonly (readonly [number, number])[];
}

const asked: fc.Arbitrary<Asked> = fc.record({
  negate: fc.boolean(),
  ranges: fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 5 }))
      .map(([first, more]) => [first, first + more] as const),
    { minLength: 1, maxLength: 4 },
  ),
});

const text = ([first, last]: readonly [number, number]) => (first === last ? `${first}` : `${first}-${last}`);
const holds = ({ negate, ranges }: Asked, port: number) =>
  ranges.some(([first, last]) => first <= port && port <= last) !== negate;

function sideOf(port: Asked | undefined, group: Asked | undefined): Side {
  return {
    address: [],
    group: group === undefined ? {} : { "port-group": { negate: group.negate, name: "G", members: group.ranges.map(text) } },
    ...(port === undefined
      ? {}
      : { port: portMatch(BUILT_IN_LOOKUPS)(`${port.negate ? "!" : ""}${port.ranges.map(text).join()}`) }),
  } as Side;
}

describe("the port condition of a side", () => {
  it("is what port and port-group ask together, for every port", () => {
    fc.assert(
      fc.property(fc.option(asked, { nil: undefined }), fc.option(asked, { nil: undefined }), (port, group) => {
        const condition = portCondition(sideOf(port, group));
        for (const number of [0, ...Array.from({ length: 50 }, (_, i) => i + 1), 65535]) {
          const wanted = (port === undefined || holds(port, number)) && (group === undefined || holds(group, number));
          const inside = condition?.ranges.some(({ first, last }) => first <= number && number <= last) ?? true;
          expect(condition?.negate === true ? !inside : inside).toBe(wanted);
        }
      }),
    );
  });

  it("matches nothing when nobody knows the group, negated neither", () => {
    for (const negate of [true, false]) {
      const side = { address: [], group: { "port-group": { negate, name: "GONE" } } } as unknown as Side;
      expect(portCondition(side)).toEqual({ negate: false, ranges: [] });
    }
  });
});
