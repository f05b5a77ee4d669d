/** A number as people write it, small enough to be told apart exactly. */
const NUMBER = /^[1-9]\d{0,14}$/;

/** How the router's engine orders names: as Debian orders versions. Runs of digits count as numbers, letters before other signs. */
export function compareNatural(a: string, b: string): number {
  // Rule numbers, which a large configuration sorts by the thousand.
  if (NUMBER.test(a) && NUMBER.test(b)) return Number(a) - Number(b);
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = weight(a, i) - weight(b, j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const [numberA, endA] = digits(a, i);
    const [numberB, endB] = digits(b, j);
    const difference = numberA.length - numberB.length || (numberA < numberB ? -1 : numberA > numberB ? 1 : 0);
    if (difference !== 0) return difference;
    i = endA;
    j = endB;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

/** `~` before the end, the end before letters, letters before the rest. */
function weight(text: string, index: number): number {
  if (index >= text.length || isDigit(text, index)) return 0;
  const code = text.charCodeAt(index);
  if (code === 126) return -1;
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) ? code : code + 0x10000;
}

/** The run of digits without leading zeros, and where it ends. */
function digits(text: string, from: number): readonly [string, number] {
  let end = from;
  while (isDigit(text, end)) end++;
  return [text.slice(from, end).replace(/^0+/, ""), end];
}
