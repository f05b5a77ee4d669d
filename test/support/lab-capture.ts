import { until } from "./lab-wait.ts";
import { kill, type Place, type World } from "./lab-world.ts";

/** A running tcpdump. */
export interface Capture {
  /** Lines so far, one per packet. */
  lines(): readonly string[];
  /** Stops it after everything seen was written; the lines. */
  stop(): Promise<readonly string[]>;
}

/** Watches a device with tcpdump: a witness that knows nothing of the lab's own servers. Ready when the promise is. */
export async function startCapture(
  world: World,
  place: Place,
  device: string,
  filter: string,
  options: readonly string[] = [],
): Promise<Capture> {
  const child = world.start(place, ["tcpdump", "-n", "-l", "-p", "--immediate-mode", ...options, "-i", device, filter]);
  let out = "";
  let words = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk) => {
    words += chunk;
  });
  await until("tcpdump", () => words.includes("listening on"), { last: () => words });
  const lines = () => out.split("\n").filter(Boolean);
  return {
    lines,
    async stop() {
      kill(child, "SIGINT");
      await until("tcpdump to end", () => child.exitCode !== null || child.signalCode !== null);
      return lines();
    },
  };
}
