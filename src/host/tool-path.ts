/** Where network tools live; sudo and cron leave some of these out of PATH. */
const TOOL_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** PATH of the programs we start. */
export function toolPath(env: Readonly<Record<string, string | undefined>>): string {
  return env["PATH"] === undefined || env["PATH"] === "" ? TOOL_PATH : `${env["PATH"]}:${TOOL_PATH}`;
}
