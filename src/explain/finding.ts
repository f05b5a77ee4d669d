/**
 * What became of one condition of a rule. `unknown`: the packet was not described well enough; `words` then names what is
 * missing and what the rule wants.
 */
export interface Finding {
  readonly holds: boolean | "unknown";
  /** `tcp`, or for one that does not hold `protocol is udp, rule wants tcp`. */
  readonly words: string;
}

/** A condition on something that the packet has, as the rule words it. */
export interface Condition<T> {
  /** `protocol`, `source`. */
  readonly what: string;
  /** What the packet has, `undefined` when that is not known. */
  readonly value: T | undefined;
  readonly shown?: (value: T) => string;
  /** What the rule wants, in words: `tcp`, `not 22`. */
  readonly wants: string;
  readonly test: (value: T) => boolean;
  /** When it holds; default: what the rule wants. */
  readonly met?: string;
}

/** Judges one condition. */
export function judge<T>({ what, value, shown = String, wants, test, met = `${what} ${wants}` }: Condition<T>): Finding {
  if (value === undefined) return { holds: "unknown", words: `${what} is not given, rule wants ${wants}` };
  if (test(value)) return { holds: true, words: met };
  return { holds: false, words: `${what} is ${shown(value)}, rule wants ${wants}` };
}

/** One that no packet of this kind can meet. */
export function never(words: string): Finding {
  return { holds: false, words };
}

/** `a`, `not a`; `a, b, not c`. */
export function wording(matches: readonly { readonly text: string; readonly negate: boolean }[]): string {
  return matches.map(({ text, negate }) => (negate ? `not ${text}` : text)).join(", ");
}
