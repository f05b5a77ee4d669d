import { readFileSync } from "node:fs";
import { parseLiveness } from "../../src/uplink/liveness.ts";
import { until } from "../support/lab-wait.ts";
import { childrenOf, kill } from "../support/lab-world.ts";
import { openWiredWorld, ROOT } from "../support/wired-world.ts";
import { columns } from "./columns.ts";
import { cpuTime } from "./cpu-time.ts";

const UPLINKS = Array.from({ length: 20 }, (_, i) => i);
const SILENT = UPLINKS.filter((i) => i % 2 === 1);
const SECONDS = 10;

/** What probes of 20 uplinks cost each second, and when the last of 10 that fall silent at once is left (2 failures, 1 s apart, 1 s time out). */
export async function benchProbes(): Promise<string> {
  const world = await openWiredWorld<"router" | "far">("iptables-nft", {
    hosts: {
      router: { setup: UPLINKS.map((i) => `addr add 10.200.${i}.2/24 dev up${i}`) },
      far: { setup: UPLINKS.map((i) => `addr add 10.200.${i}.1/24 dev far${i}`) },
    },
    wires: UPLINKS.map((i) => ["router", `up${i}`, "far", `far${i}`] as const),
  });
  try {
    await world.apply(
      UPLINKS.flatMap((i) =>
        [
          `interface up${i}`,
          `gateway 10.200.${i}.1`,
          ...["target gateway", "interval 1", "timeout 1", "failure-count 2"].map((one) => `health ${one}`),
        ].map((line) => `uplink u${i} ${line}`),
      ),
    );
    const monitor = world.daemon(["monitor"]);
    const verdicts = (verdict: "up" | "down"): number => {
      const text = readFileSync(`/proc/${world.world.init}/root${ROOT}/run/policy-route/liveness.json`, "utf8");
      return [...parseLiveness(text).health.values()].filter((health) => health.verdict === verdict).length;
    };
    const file = `${ROOT}/run/policy-route/liveness.json`;
    await until("the first probes", async () => (await world.exec("router", ["test", "-e", file])).exitCode === 0, {
      timeout: 30_000,
    });
    await until("20 answers", () => verdicts("up") === UPLINKS.length, { timeout: 30_000, last: () => `${verdicts("up")}` });
    const [pid = 0] = childrenOf(monitor.pid ?? 0);
    const cost = async (): Promise<string> => {
      const before = cpuTime(pid);
      const end = Date.now() + SECONDS * 1000;
      await until("some seconds", () => Date.now() >= end, { timeout: 2 * SECONDS * 1000, every: 100 });
      return `${(((cpuTime(pid) - before) / SECONDS) * 100).toFixed(1)} % of a core`;
    };
    const all = await cost();
    const devices = SILENT.map((i) => `far${i}`).join(", ");
    await world.sh(
      "far",
      `nft 'add table ip silent; add chain ip silent packets { type filter hook prerouting priority -400; }; add rule ip silent packets iifname { ${devices} } drop'`,
    );
    const begun = performance.now();
    await until("10 verdicts", () => verdicts("down") === SILENT.length, { timeout: 30_000, every: 20 });
    const left = performance.now() - begun;
    const half = await cost();
    const live = verdicts("up");
    kill(monitor, "SIGTERM");
    return columns([
      ["probes of 20 uplinks, each every second", ""],
      ["monitor and its programs, all answer", all],
      ["monitor and its programs, 10 silent", half],
      ["10 fall silent at once: the last verdict after", `${left.toFixed(0)} ms`],
      ["of the other 10, still up", `${live}`],
    ]);
  } finally {
    await world.stop();
  }
}
