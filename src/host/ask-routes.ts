import type { Host } from "./host.ts";

/** What the kernel answers to a look-up: a route (of which the type says what it is), or why it refuses. */
export interface AskedRoute {
  readonly device?: string;
  readonly gateway?: string;
  readonly table?: number;
  /** Who installed it, as a number of rtnetlink: only of look-ups with `fibmatch`. */
  readonly protocol?: number;
  readonly error?: string;
}

/**
 * Asks `ip route get` for each of these arguments, by one program: it goes by the family of the address. Read from the order of
 * its lines: one that fails prints nothing on standard output, and "Command failed -:N" (counted from 1) says which it was.
 */
export async function askRoutes(host: Host, asked: readonly (readonly string[])[]): Promise<AskedRoute[]> {
  if (asked.length === 0) return [];
  const stdin = asked.map((words) => `route get ${words.join(" ")}\n`).join("");
  const { stdout, stderr } = await host.run(["ip", "-N", "-j", "-force", "-batch", "-"], { stdin });
  const errors = new Map<number, string>();
  let message = "";
  for (const line of stderr.split("\n")) {
    const failed = /^Command failed -:(\d+)$/.exec(line.trim());
    if (failed === null) message = line.trim() === "" ? message : line.trim();
    else errors.set(Number(failed[1]), message);
  }
  const lines = stdout.split("\n").filter((line) => line.startsWith("[{"));
  let next = 0;
  return asked.map((_, i) => {
    const error = errors.get(i + 1);
    if (error !== undefined) return { error };
    const line = lines[next++];
    return line === undefined ? { error: "no answer" } : readRoute(line);
  });
}

interface RouteJson {
  readonly table?: string;
  readonly protocol?: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
}

function readRoute(line: string): AskedRoute {
  const [route = {}] = JSON.parse(line) as RouteJson[];
  const gateway = route.gateway ?? route.via?.host;
  return {
    table: Number(route.table ?? 254),
    ...(route.dev === undefined ? {} : { device: route.dev }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(route.protocol === undefined ? {} : { protocol: Number(route.protocol) }),
  };
}
