/** Numbers that a seed decides, the same on every machine (mulberry32). */
export interface Random {
  /** 0 to `below` - 1. */
  number(below: number): number;
  /** Whether something of this probability (0 to 1) happens. */
  chance(probability: number): boolean;
  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T;
  /** Some of the values, in their order. */
  some<T>(values: readonly T[], probability?: number): T[];
}

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
  const number = (below: number): number => Math.floor(next() * below);
  return {
    number,
    chance: (probability) => next() < probability,
    pick(values) {
      const value = values[number(values.length)];
      if (value === undefined) throw new Error("nothing to pick from");
      return value;
    },
    some: (values, probability = 0.5) => values.filter(() => next() < probability),
  };
}
