/**
 * Polls until `look` gives something other than undefined or false; throws "waited N s for WHAT" when the time is over.
 * `last` adds what was seen last to that error, so that a failing test tells why.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly timeout?: number; readonly every?: number; readonly last?: () => string | Promise<string> } = {},
): Promise<T> {
  const timeout = options.timeout ?? 10_000;
  const end = Date.now() + timeout;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() >= end)
      throw new Error(`waited ${timeout / 1000} s for ${what}${options.last ? `\n${await options.last()}` : ""}`);
    await pause(options.every ?? 50);
  }
}

/** At most 100 ms: what takes longer has a condition that can be polled. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 100)));
}
