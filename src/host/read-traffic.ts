import type { Host } from "./host.ts";

/** Bytes an interface has received and sent since it is there. */
export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

/** Traffic by interface, out of /proc/net/dev: `eth1: RECEIVED packets errs drop fifo frame compressed multicast SENT ...`. */
export async function readTraffic(host: Host): Promise<ReadonlyMap<string, Traffic>> {
  const text = (await host.read("/proc/net/dev")) ?? "";
  return new Map(
    text.split("\n").flatMap((line): [string, Traffic][] => {
      const [, name, numbers = ""] = /^\s*(\S+):\s*(\d.*)$/.exec(line) ?? [];
      const fields = numbers.trim().split(/\s+/).map(Number);
      const [received, sent] = [fields[0], fields[8]];
      return name === undefined || received === undefined || sent === undefined ? [] : [[name, { received, sent }]];
    }),
  );
}
