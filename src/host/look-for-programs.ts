import type { CheckContext } from "../config/check-context.ts";
import type { Host } from "./host.ts";

/** Every one of them says its version with `-V` and exits. */
const VERSION = "-V";

/**
 * What the checks have to know about programs that a configuration names: those that are not installed, in words, and files
 * below `root` that cannot be executed. One short process for each; a configuration without probes and hook has none.
 */
export async function lookForPrograms(
  host: Host,
  root: string,
  { programs, files }: { readonly programs: readonly string[]; readonly files: readonly string[] },
): Promise<Pick<CheckContext, "missingPrograms" | "notExecutable">> {
  const [answers, tests] = await Promise.all([
    Promise.all(programs.map((program) => host.run([program, VERSION]))),
    Promise.all(files.map((file) => host.run(["test", "-f", `${root}${file}`, "-a", "-x", `${root}${file}`]))),
  ]);
  return {
    missingPrograms: new Map(
      programs.flatMap((program, i) => (answers[i]?.exitCode === 127 ? [[program, answers[i]?.stderr ?? ""] as const] : [])),
    ),
    notExecutable: new Set(files.filter((_, i) => tests[i]?.exitCode !== 0)),
  };
}
