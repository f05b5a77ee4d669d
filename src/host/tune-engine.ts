/** From about this many rules on it pays (measured with 50, 100, 200, 1,000 and 9,998). */
const MANY_RULES = 100;

/**
 * Puts V8's optimising compiler off, and its marking of garbage, if there are many rules. Our runs end before either has paid off:
 * with 1,000 rules a commit takes 170 instead of 260 ms of CPU without what the compiler makes, and 10-20 ms less without the
 * one collection that marking in advance leads to. (The budget counts bytes of bytecode run in
 * one function; 67584 is Node 20's default, 135168 Node 18's. Long runs are optimised and cleaned as ever, only later.) With few
 * rules it would cost 3 ms: after any change of flags Node no longer takes its own modules from its code cache.
 */
export async function tuneEngine(rules: number): Promise<void> {
  if (rules < MANY_RULES) return;
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--interrupt-budget=1000000");
  setFlagsFromString("--no-incremental-marking");
}
