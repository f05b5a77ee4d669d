/** Vyatta's chain in raw, jumped to from a built-in one, in which to say what is tracked. */
export function vyattaHook(builtIn: string): string {
  return `VYATTA_CT_${builtIn}_HOOK`;
}

export function isVyattaHook(chain: string): boolean {
  return /^VYATTA_CT_.*_HOOK$/.test(chain);
}
