/** Something in a column: how tall it is, where it would like its upper edge, and how much that matters. */
export interface Settler {
  readonly size: number;
  readonly wish: number;
  readonly pull: number;
}

/**
 * Upper edges for things under each other, in this order, with a gap between them and nothing outside of 0 to `height`: as near to
 * their wishes as can be, in the sense of least squares (isotonic regression by pooling neighbours that are in each other's way). `height` has to
 * be enough for all of them.
 */
export function settle(column: readonly Settler[], gap: number, height: number): number[] {
  interface Pool {
    sum: number;
    pull: number;
    count: number;
  }
  // Without its own size above it, each thing's place only has to be not above that of the one before.
  const pools: Pool[] = [];
  let above = 0;
  for (const { size, wish, pull } of column) {
    pools.push({ sum: (wish - above) * pull, pull, count: 1 });
    above += size + gap;
    for (;;) {
      const [before, last] = [pools.at(-2), pools.at(-1)];
      if (before === undefined || last === undefined || before.sum / before.pull <= last.sum / last.pull) break;
      pools.splice(-2, 2, { sum: before.sum + last.sum, pull: before.pull + last.pull, count: before.count + last.count });
    }
  }
  const lowest = height - (above - gap);
  const levels = pools.flatMap(({ sum, pull, count }) => Array<number>(count).fill(Math.min(lowest, Math.max(0, sum / pull))));
  let offset = 0;
  return column.map(({ size }, i) => {
    const y = (levels[i] ?? 0) + offset;
    offset += size + gap;
    return y;
  });
}
