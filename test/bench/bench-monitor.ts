import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FrontEnd } from "../support/front-end.ts";
import { inside, type Row } from "./bench-namespaces.ts";
import { linearRules, program, writeConfig } from "./bench-program.ts";
import { benchRepairs } from "./bench-repairs.ts";
import { cpuTime } from "./cpu-time.ts";
import { median, type Result } from "./measure.ts";

const ROUNDS = 50;
const ROUTES = 100_000;
const EVENTS = 100_000;

/** The monitor: how soon our jump is first again, what it costs while nothing happens and while a BGP router is busy, its memory. */
export function benchMonitor(row: Row, frontEnd: FrontEnd, scratch: string): Result[] {
  const policy = program(row, frontEnd, scratch);
  policy.commit(writeConfig(join(scratch, "monitor.set"), frontEnd, linearRules(3)));
  const [command = "", ...args] = policy.argv("monitor");
  const monitor = spawn(command, args, { env: policy.env, stdio: "ignore" });
  try {
    settle(monitor);
    const jumps = frontEnd === "nftables" ? [] : jumpTimes(row, frontEnd);
    const repairs = benchRepairs(row, frontEnd, policy.root, () => sleep(1000));
    settle(monitor);
    const idle = cpuOver(monitor, () => sleep(10_000)) / 10;
    const routes = Array.from({ length: ROUTES }, (_, i) => `10.${128 + (i >> 16)}.${(i >> 8) & 255}.${i & 255} via 10.1.0.9`);
    const busy = cpuOver(monitor, () => {
      inside(row.router, ["ip", "-batch", "-"], `${routes.map((route) => `route add ${route}`).join("\n")}\n`);
      inside(row.router, ["ip", "-batch", "-"], `${routes.map((route) => `route del ${route}`).join("\n")}\n`);
    });
    // Two events each.
    const flaps = Array.from({ length: EVENTS / 2 }, () => "addr add 10.9.9.9/32 dev eth0\naddr del 10.9.9.9/32 dev eth0\n");
    inside(row.router, ["ip", "-batch", "-"], flaps.join(""));
    settle(monitor);
    const memory =
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${monitor.pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
    const limit = frontEnd === "iptables-legacy" ? 1100 : 100;
    const sorted = [...jumps].sort((a, b) => a - b);
    const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
    return [
      ...(jumps.length === 0
        ? []
        : [
            {
              what: `our jump first again, worst of ${ROUNDS}, in units of ${limit} ms`,
              ratio: p99 / limit,
              limit: { most: 1 },
              from: `median ${median(jumps).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
            },
          ]),
      ...repairs,
      {
        what: "monitor: CPU while nothing happens, in units of 1 % of a core",
        ratio: idle / 0.01,
        limit: { most: frontEnd === "iptables-legacy" ? 2 : 1 },
        from: `${(idle * 100).toFixed(2)} % over 10 s, its programs included`,
      },
      {
        what: `monitor: CPU while ${ROUTES} routes come and go, in units of 0.2 s`,
        ratio: busy / 0.2,
        limit: { most: 1 },
        from: `${busy.toFixed(2)} s`,
      },
      {
        what: `monitor: peak memory after ${EVENTS} events, in units of 80 MB`,
        ratio: memory / 80,
        limit: { most: 1 },
        from: `${memory.toFixed(0)} MB`,
      },
    ];
  } finally {
    monitor.kill();
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Waits until the monitor has been at rest for a second. */
function settle(monitor: ChildProcess): void {
  for (let i = 0; i < 60 && cpuOver(monitor, () => sleep(1000)) > 0.02; i++);
}

/** Seconds of CPU that a process and its ended children take meanwhile. `ip netns exec` becomes the program it starts. */
function cpuOver(process: ChildProcess, work: () => void): number {
  const before = cpuTime(process.pid ?? 0);
  work();
  return cpuTime(process.pid ?? 0) - before;
}

/** Milliseconds from another's jump to ours being first. A chain of its own each time: the same culprit again and again is given up on. */
function jumpTimes(row: Row, frontEnd: FrontEnd): number[] {
  const tool = frontEnd === "iptables-legacy" ? "iptables-legacy" : "iptables-nft";
  const first = (): string => inside(row.router, [tool, "-t", "mangle", "-S", "PREROUTING", "1"]);
  return Array.from({ length: ROUNDS }, (_, i) => {
    inside(row.router, [tool, "-t", "mangle", "-N", `LB_${i}`]);
    sleep(300 + (i % 7) * 130);
    inside(row.router, [tool, "-t", "mangle", "-I", "PREROUTING", "1", "-j", `LB_${i}`]);
    const start = performance.now();
    while (!first().includes("POLICY_ROUTE") && performance.now() - start < 10_000);
    const took = performance.now() - start;
    inside(row.router, [tool, "-t", "mangle", "-D", "PREROUTING", "-j", `LB_${i}`]);
    inside(row.router, [tool, "-t", "mangle", "-X", `LB_${i}`]);
    return took;
  });
}
