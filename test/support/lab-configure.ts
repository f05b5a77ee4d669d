import type { Lab } from "./lab.ts";
import type { Result } from "./lab-world.ts";

/** A router that has the program, and whether every commit on it asks for nftables. */
export type Commander = Pick<Lab, "exec" | "nftables">;

/** Runs lines in one configuration session on the router (`policy-route configure`), as an operator would type them. */
export function session(lab: Commander, lines: readonly string[]): Promise<Result> {
  return lab.exec("router", ["policy-route", "configure"], { stdin: `${lines.join("\n")}\n`, timeout: 60_000 });
}

/** Commits configuration lines; throws an Error with everything that was said when the commit did not succeed. */
export async function commit(lab: Commander, lines: readonly string[]): Promise<string> {
  // Only with lines that configure something: a deletion must leave nothing behind.
  const sets = lab.nftables && lines.some((line) => line.startsWith("set policy-route "));
  const own = sets && !lines.some((line) => line.includes("policy-route backend ")) ? ["set policy-route backend nftables"] : [];
  const result = await session(lab, [...own, ...lines, "commit", "exit"]);
  const said = `${result.stdout}${result.stderr}`;
  if (result.exitCode !== 0 || /(Set|Delete|Commit) failed|failed$/m.test(said))
    throw new Error(`commit ended with ${result.exitCode}\n${said}`);
  return said;
}
