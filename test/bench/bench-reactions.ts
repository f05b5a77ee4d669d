import { createInterface } from "node:readline";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import { ROOT } from "../support/wired-world.ts";
import { columns, medianAndWorst } from "./columns.ts";
import { CONFIG, openFailoverWorld, type World, withMonitor } from "./failover-world.ts";

/** Two gateways of provider a; a lease names one or the other. */
const GATEWAYS = ["198.51.100.1", "198.51.100.9"] as const;

/** How soon the kernel has what a DHCP lease says, from the moment it was said; milliseconds, median and worst. */
export async function benchReactions(rounds: number): Promise<string> {
  const rows = [["DHCP change", "ms"]];
  const world = await openFailoverWorld("iptables-nft");
  const kernel = await listen(world);
  const row = async (what: string, change: (i: number) => Promise<unknown>, answer: (i: number) => RegExp) => {
    const times: number[] = [];
    for (let i = 0; i < rounds; i++) times.push(await kernel.after(() => change(i), answer(i)));
    rows.push([what, medianAndWorst(times)]);
  };
  const gateway = (i: number): string => GATEWAYS[i % 2] ?? "";
  const hook = (i: number) => world.program(["lease", "dhcp"], lease(gateway(i)));
  const route = (i: number) => new RegExp(`^default via ${gateway(i)} dev eth1 table \\d+`);
  const monitor = withMonitor();
  try {
    await world.apply(CONFIG.map((line) => (line === "uplink a gateway 198.51.100.1" ? "uplink a gateway dhcp" : line)));
    await hook(1);
    await row("another gateway, our hook, no monitor", hook, route);
    await monitor.start(world);
    await until(
      "the monitor",
      async () => (await world.exec("router", ["test", "-e", `${ROOT}/run/policy-route/probes.json`])).exitCode === 0,
    );
    await row("another gateway, our hook, beside the monitor", hook, route);
    await row("another gateway, recorded only (the hook was killed), monitor", (i) => record(world, gateway(i)), route);
    await row(
      "another address, no hook, monitor",
      (i) => world.sh("router", `ip addr add 198.51.100.${20 + i}/24 dev eth1`),
      (i) => new RegExp(`from 198\\.51\\.100\\.${20 + i} lookup`),
    );
  } finally {
    await monitor.stop(world);
    kernel.stop();
    await world.stop();
  }
  return columns(rows);
}

function lease(gateway: string): Record<string, string> {
  return { reason: "RENEW", interface: "eth1", new_ip_address: "198.51.100.2", new_routers: gateway };
}

async function record(world: World, gateway: string): Promise<void> {
  const report = { interface: "eth1", family: "ipv4", gateways: [gateway], address: "198.51.100.2", source: "dhcp-hook" };
  const text = JSON.stringify({ ...report, at: Math.floor(Date.now() / 1000) });
  const folder = `${ROOT}/run/policy-route/leases`;
  await world.sh("router", `echo '${text}' > ${folder}/.new; mv ${folder}/.new ${folder}/eth1.dhcp-hook.ipv4.json`);
}

/** Hears of routes and ip rules as the kernel gets them. */
async function listen(
  world: World,
): Promise<{ after(change: () => Promise<unknown>, line: RegExp): Promise<number>; stop(): void }> {
  const child = world.world.start({ netns: "router" }, ["ip", "-o", "monitor", "label", "route", "rule"]);
  let heard: (line: string) => void = () => {};
  if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", (line) => heard(line.replace(/^\[\w+\]/, "")));
  return {
    async after(change, wanted) {
      let at: number | undefined;
      heard = (line) => {
        if (wanted.test(line)) at ??= performance.now();
      };
      const begun = performance.now();
      await change();
      await until(`${wanted}`, () => at !== undefined, { every: 20 });
      return (at ?? Number.NaN) - begun;
    },
    stop: () => kill(child),
  };
}
