import type { Namespace } from "../support/namespace.ts";

/** Brings the router to a configuration, or to having none; throws when that is refused. */
export async function reach(router: Namespace, lines: readonly string[]): Promise<void> {
  const run = lines.length === 0 ? await router.run(["uninstall"]) : await router.apply(lines);
  if (run.exitCode !== 0) throw new Error(`${run.failed}: ${run.message}`);
}
