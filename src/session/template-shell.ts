import type { SessionWorld } from "./session.ts";

/** Ten minutes: a commit action may wait for a router that answers slowly, but not for ever. */
const LONGEST = 600_000;

/** What finished shell text left: both streams in the order they were written. */
export interface ShellOutput {
  readonly exitCode: number;
  readonly output: string;
}

/** What text from templates is told about the session it runs in. */
export function templateEnvironment(world: SessionWorld): Readonly<Record<string, string>> {
  return { VYATTA_POLICY_ROUTE_SESSION: world.folder, VYATTA_EDIT_LEVEL: "/", VYATTA_TEMPLATE_LEVEL: "/" };
}

/** Puts the session's stand-in for cli-shell-api in front of the caller's PATH. */
export const WITH_STAND_IN = 'PATH="$VYATTA_POLICY_ROUTE_SESSION/bin:$PATH"\nexport PATH\n';

/** Counts the runs of this process: two may be under way when an operator presses TAB twice. */
let runs = 0;

/**
 * Runs shell text of a template, never of the operator. The output goes through a file, not a pipe: a child left in the
 * background with the output open must not hold the commit. `words` become $1, $2 ... Timeout in milliseconds.
 */
export async function runTemplateText(
  world: SessionWorld,
  text: string,
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly words?: readonly string[];
    readonly timeout?: number;
  } = {},
): Promise<ShellOutput> {
  const file = `${world.folder}/output.${runs++}`;
  await world.host.write(file, "", 0o600);
  const redirected = `exec >>"$0" 2>&1\n${WITH_STAND_IN}${text}`;
  const { exitCode } = await world.host.run(["sh", "-c", redirected, file, ...(options.words ?? [])], {
    env: { ...templateEnvironment(world), ...options.env },
    timeout: options.timeout ?? LONGEST,
  });
  const output = (await world.host.read(file)) ?? "";
  await world.host.remove(file);
  return { exitCode, output };
}
