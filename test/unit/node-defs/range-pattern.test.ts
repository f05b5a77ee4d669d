import fc from "fast-check";
import { expect, test } from "vitest";
import { rangePattern } from "../../../src/node-defs/range-pattern.ts";

function matches(min: number, max: number, text: string): boolean {
  return new RegExp(`^(${rangePattern(min, max)})$`).test(text);
}

test("a range pattern matches exactly the numbers of the range", () => {
  const bound = fc.oneof(fc.nat(300), fc.nat(70_000), fc.nat(4_294_967_295));
  fc.assert(
    fc.property(bound, bound, bound, (a, b, near) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)];
      for (const number of [min - 1, min, min + 1, near, max - 1, max, max + 1, max * 10]) {
        if (number >= 0)
          expect(matches(min, max, String(number)), `${number} in ${min}-${max}`).toBe(number >= min && number <= max);
      }
    }),
    { numRuns: 2000 },
  );
});

test("small ranges, every number", () => {
  for (const [min, max] of [
    [0, 0],
    [0, 9],
    [1, 126],
    [0, 255],
    [95, 104],
    [1, 300],
    [999, 1001],
  ] as const) {
    const found = Array.from({ length: 1500 }, (_, number) => number).filter((number) => matches(min, max, String(number)));
    expect(found).toEqual(Array.from({ length: max - min + 1 }, (_, index) => min + index));
  }
});

test("leading zeros, signs and numbers beyond 2^32 are refused", () => {
  for (const text of ["007", "01", "+1", "-1", " 1", "1 ", "4294967297", "0x1", ""])
    expect(matches(1, 9999, text), text).toBe(false);
});
