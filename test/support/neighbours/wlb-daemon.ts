import { spawn, spawnSync } from "node:child_process";
import type { WlbCommand, WlbConfig, WlbNote, WlbUplink } from "./wlb-config.ts";
import * as iptables from "./wlb-iptables.ts";
import * as nft from "./wlb-nft.ts";

/**
 * A stand-in for the WAN load balancing daemon: the same commands in the same order, real pings by interface, run as a process
 * that can be stopped and killed. Usage: wlb-daemon CONFIG(json). It tells what it does on standard output (WlbNote).
 */
async function main(config: WlbConfig): Promise<void> {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    // Commands are synchronous, so nothing of a run is under way here.
    doAll(config.form === "nft" ? nft.stopCommands(config) : iptables.stopCommands(config));
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  // Whoever started it is gone.
  process.stdin.resume().on("end", () => process.exit(1));

  let up = config.uplinks.map(({ device }) => device);
  if (config.form === "nft") {
    doAll(nft.startCommands(config, tableExists()));
    note({ kind: "settled", at: Date.now(), up });
  } else {
    doAll(iptables.startCommands(config));
    await pause(config.initial * config.uplinks.length);
  }
  for (let first = true; ; first = false) {
    const alive = await Promise.all(config.uplinks.map(answers));
    const now = config.uplinks.filter((_, n) => alive[n]).map(({ device }) => device);
    if (first || now.join() !== up.join()) {
      up = now;
      doAll(config.form === "nft" ? [nft.tableCommand(config, up, tableExists())] : iptables.runCommands(config, up));
      note({ kind: "settled", at: Date.now(), up });
    }
    await pause(config.interval);
  }
}

function tableExists(): boolean {
  return spawnSync("nft", ["list", "table", "ip", "vyos_wanloadbalance"]).status === 0;
}

/** One ping, bound to the interface, to the gateway. */
function answers({ device, gateway }: WlbUplink): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = spawn("ping", ["-n", "-q", "-c", "1", "-W", "1", "-I", device, gateway], { stdio: "ignore" });
    ping.once("error", () => resolve(false));
    ping.once("exit", (code) => resolve(code === 0));
  });
}

function doAll(commands: readonly WlbCommand[]): void {
  for (const { argv, stdin, quiet, front } of commands) {
    const from = Date.now();
    const { status, stderr } = spawnSync(argv[0] ?? "", argv.slice(1), { encoding: "utf8", input: stdin ?? "" });
    if (front) note({ kind: "front", from, to: Date.now() });
    if (status !== 0 && !quiet) note({ kind: "failed", at: Date.now(), argv, words: stderr ?? "" });
  }
}

function note(words: WlbNote): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

main(JSON.parse(process.argv[2] ?? "{}") as WlbConfig);
