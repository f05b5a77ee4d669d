/** A part of the screen: how many lines it has, and how many it needs to say anything. */
export interface Part {
  readonly wanted: number;
  readonly least: number;
}

/** Shares the lines there are: each part gets its least, in order of importance, then the others are dealt out one by one. */
export function shareRows(parts: readonly Part[], rows: number): number[] {
  let left = Math.max(0, rows);
  const shares = parts.map(({ wanted, least }) => {
    const share = Math.min(wanted, least, left);
    left -= share;
    return share;
  });
  for (let given = true; given && left > 0; ) {
    given = false;
    parts.forEach(({ wanted }, i) => {
      const share = shares[i] ?? 0;
      if (left === 0 || share >= wanted) return;
      shares[i] = share + 1;
      left--;
      given = true;
    });
  }
  return shares;
}
