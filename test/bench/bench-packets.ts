import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FrontEnd } from "../support/front-end.ts";
import { inside, type Row, received } from "./bench-namespaces.ts";
import { program, sharedRules, writeConfig } from "./bench-program.ts";
import { median, type Result } from "./measure.ts";

const ESTABLISHED_PACKETS = 300_000;
const NEW_CONNECTIONS = 60_000;
const ROUNDS = 9;

/** Forwarding rates with 1 and with 1,000 rules, interleaved, and whether established flows ever see a rule. */
export function benchPackets(row: Row, frontEnd: FrontEnd, scratch: string): Result[] {
  const policy = program(row, frontEnd, scratch);
  const configs = {
    one: writeConfig(join(scratch, "one.set"), frontEnd, sharedRules(1)),
    many: writeConfig(join(scratch, "many.set"), frontEnd, sharedRules(1000)),
  };
  const established = frame(row, scratch, "established", "c16(4000)");
  const fresh = frame(row, scratch, "new", "drnd(2)");
  const rates = {
    one: { established: [] as number[], fresh: [] as number[] },
    many: { established: [] as number[], fresh: [] as number[] },
  };
  let walked = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ["one", "many"] as const) {
      policy.commit(configs[name]);
      forgetConnections(row);
      send(row, established, 1);
      const before = rulePackets(row, frontEnd, policy.env);
      rates[name].established.push(rate(row, established, ESTABLISHED_PACKETS));
      walked += rulePackets(row, frontEnd, policy.env) - before;
      forgetConnections(row);
      rates[name].fresh.push(rate(row, fresh, NEW_CONNECTIONS));
    }
  }
  const thousands = (value: number): string => `${(value / 1000).toFixed(0)} k/s`;
  const line = (what: string, kind: "established" | "fresh", least: number): Result => {
    const [many, one] = [median(rates.many[kind]), median(rates.one[kind])];
    return { what, ratio: many / one, limit: { least }, from: `1,000 rules ${thousands(many)}, 1 rule ${thousands(one)}` };
  };
  return [
    {
      what: "packets of established flows in rule chains",
      ratio: walked,
      limit: { most: 0 },
      from: `${2 * ROUNDS * ESTABLISHED_PACKETS} packets`,
    },
    line("established flow: rate with 1,000 rules / with 1", "established", 0.9),
    line("new connections: rate with 1,000 rules that share a target / 1", "fresh", 0.8),
  ];
}

/** A UDP frame from the LAN to 203.0.113.9:4001; drnd gives every packet another source, so another connection. */
function frame(row: Row, scratch: string, name: string, port: string): string {
  const mac = row.routerMac.split(":").map((byte) => `0x${byte}`);
  const source = port === "drnd(2)" ? "10,1,drnd(1),2" : "10,1,0,2";
  const file = join(scratch, `${name}.trafgen`);
  const words = [
    ...mac,
    2,
    0,
    0,
    0,
    0,
    2,
    "c16(0x0800)",
    0x45,
    0,
    "c16(46)",
    "drnd(2)",
    0x40,
    0,
    64,
    17,
    "csumip(14, 33)",
    source,
    "203,0,113,9",
    port,
    "c16(4001)",
    "c16(26)",
    "c16(0)",
    "fill(0x41, 18)",
  ];
  writeFileSync(file, `{ ${words.join(", ")} }\n`);
  return file;
}

function send(row: Row, file: string, count: number): void {
  inside(row.sender, [
    "trafgen",
    "--in",
    file,
    "--out",
    "x0",
    "--num",
    String(count),
    "--cpus",
    "1",
    "--no-cpu-stats",
    "--qdisc-path",
  ]);
}

/** Packets per second that arrived behind the router. Start and end of the sender are in it, alike for all. */
function rate(row: Row, file: string, count: number): number {
  const before = received(row);
  const start = process.hrtime.bigint();
  send(row, file, count);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const arrived = received(row) - before;
  if (arrived < count * 0.95) throw new Error(`only ${arrived} of ${count} packets arrived behind the router`);
  return arrived / seconds;
}

function forgetConnections(row: Row): void {
  inside(row.router, ["conntrack", "-F"]);
}

/** Packets that went through our rule chain for forwarded traffic. */
function rulePackets(row: Row, frontEnd: FrontEnd, env: NodeJS.ProcessEnv): number {
  const list =
    frontEnd === "nftables"
      ? ["nft", "list", "chain", "ip", "policy_route", "POLICY_ROUTE_FWD"]
      : ["iptables-save", "-c", "-t", "mangle"];
  const { stdout } = spawnSync("ip", ["netns", "exec", row.router, ...list], { env, encoding: "utf8" });
  const counters = stdout.matchAll(/counter packets (\d+)|^\[(\d+):\d+\] -A POLICY_ROUTE_FWD/gm);
  return [...counters].reduce((sum, [, nft, iptables]) => sum + Number(nft ?? iptables), 0);
}
