import fc from "fast-check";
import { expect, test } from "vitest";
import { settle } from "../../../src/diagram/settle.ts";

const column = fc.array(
  fc.record({
    size: fc.integer({ min: 1, max: 60 }),
    wish: fc.integer({ min: -100, max: 900 }),
    pull: fc.integer({ min: 1, max: 20 }),
  }),
  { minLength: 1, maxLength: 12 },
);

test("nothing overlaps or leaves the column, and no single one could be nearer to its wish", () => {
  fc.assert(
    fc.property(column, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 500 }), (things, gap, spare) => {
      const height = things.reduce((sum, { size }) => sum + size + gap, -gap) + spare;
      const places = settle(things, gap, height);
      things.forEach(({ size, wish }, i) => {
        const [y, above, below] = [
          places[i] ?? 0,
          i === 0 ? 0 : (places[i - 1] ?? 0) + (things[i - 1]?.size ?? 0) + gap,
          places[i + 1],
        ];
        const lowest = below === undefined ? height - size : below - gap - size;
        expect(y).toBeGreaterThanOrEqual(above - 1e-6);
        expect(y).toBeLessThanOrEqual(lowest + 1e-6);
        if (wish < y - 1e-6 && y > above + 1e-6) expect.fail(`thing ${i} could go up`);
        if (wish > y + 1e-6 && y < lowest - 1e-6) expect.fail(`thing ${i} could go down`);
      });
    }),
  );
});

test("where wishes agree with each other they are granted", () => {
  const things = [10, 40, 90].map((wish) => ({ size: 20, wish, pull: 1 }));
  expect(settle(things, 5, 200)).toEqual([10, 40, 90]);
  expect(
    settle(
      things.map((thing) => ({ ...thing, wish: 50 })),
      5,
      200,
    ),
  ).toEqual([25, 50, 75]);
});
