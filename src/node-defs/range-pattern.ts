/**
 * An extended regular expression for the decimal numbers min to max (0 <= min <= max, integers), without leading zeros: the
 * engine keeps `007` as it is typed, and 007 and 7 would be two nodes. A pattern and not the engine's own `>=`: that reads
 * numbers with sscanf %u, which wraps at 2^32 (vyatta-cfg, cli_new.c, val_cmp).
 */
export function rangePattern(min: number, max: number): string {
  const parts: string[] = [];
  for (let low = min; low <= max; ) {
    const high = Math.min(max, 10 ** String(low).length - 1);
    parts.push(...sameLength(String(low), String(high)));
    low = high + 1;
  }
  return parts.join("|");
}

/** Alternatives for the numbers low to high, which have the same number of digits. */
function sameLength(low: string, high: string): string[] {
  if (low === "") return [""];
  const [a = "", b = ""] = [low[0], high[0]];
  const rest = low.length - 1;
  const [zeros, nines] = ["0".repeat(rest), "9".repeat(rest)];
  if (a === b) return sameLength(low.slice(1), high.slice(1)).map((part) => a + part);
  const below = low.slice(1) === zeros ? [] : sameLength(low.slice(1), nines).map((part) => a + part);
  const above = high.slice(1) === nines ? [] : sameLength(zeros, high.slice(1)).map((part) => b + part);
  const first = Number(a) + (below.length > 0 ? 1 : 0);
  const last = Number(b) - (above.length > 0 ? 1 : 0);
  const middle = first > last ? [] : [(first === last ? String(first) : `[${first}-${last}]`) + digits(rest)];
  return [...below, ...middle, ...above];
}

function digits(count: number): string {
  return count === 0 ? "" : count === 1 ? "[0-9]" : `[0-9]{${count}}`;
}
