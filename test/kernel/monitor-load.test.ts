import { afterAll, beforeAll, expect, test } from "vitest";
import { labFile } from "../support/lab-file.ts";
import { pause, until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import { type RunningMonitor, startMonitor } from "../support/monitor.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { reach } from "./reach.ts";

const EVENTS = 100_000;
/** MB of memory that it may have needed at the most. */
const MOST = 80;
const CONFIG = [
  "uplink a interface eth1",
  "uplink a gateway 198.51.100.1",
  "uplink b interface eth2",
  "uplink b gateway 203.0.113.1",
  "rule 10 protocol tcp",
  "rule 10 set uplink b",
];
const FIRST_RULE = "ip rule list pref 600";

let router: Namespace;
let monitor: RunningMonitor;
beforeAll(async () => {
  router = await openNamespace("iptables-nft");
  await reach(router, CONFIG);
  monitor = await startMonitor(router);
});
afterAll(() => router?.stop());

/** Two events for each. */
async function flood(events: number): Promise<void> {
  const lines = "addr add 10.9.9.9/32 dev eth0\naddr del 10.9.9.9/32 dev eth0\n".repeat(events / 2);
  await router.exec(["ip", "-batch", "-"], { stdin: lines });
}

/** The process that says what happens to links and addresses. */
const ipMonitor = () => router.sh(`pgrep -P ${monitor.pid} -f 'ip -o monitor'`).then((text) => Number(text));

/** The ip rule of slot 1 is taken out, and has to be back long before the look that comes each 30 s anyway. */
async function repairs(): Promise<void> {
  await router.sh("ip rule del pref 600 fwmark 0x100000/0xff00000");
  await until("the ip rule to be back", async () => (await router.sh(FIRST_RULE)).includes("fwmark 0x100000/0xff00000"), {
    timeout: 15_000,
    last: () => monitor.said(),
  });
}

/** Seconds of CPU so far, its own and those of its programs that have ended. */
async function times(): Promise<readonly [own: number, programs: number]> {
  const stat = await router.sh(`cat /proc/${monitor.pid}/stat`);
  const [user = 0, system = 0, programsUser = 0, programsSystem = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 15)
    .map((ticks) => Number(ticks) / 100);
  return [user + system, programsUser + programsSystem];
}

async function cpu(): Promise<number> {
  const [own, programs] = await times();
  return own + programs;
}

/** A busy loop would take 2 s of CPU in 2 s, a look takes 0.3 s. */
async function rest(): Promise<void> {
  const quiet = async (): Promise<boolean> => {
    const before = await cpu();
    for (let i = 0; i < 20; i++) await pause(100);
    return (await cpu()) - before < 0.1;
  };
  await until("it to be at rest", quiet, { timeout: 40_000, last: () => monitor.said() });
}

test("the kernel drops events that nobody fetched in time: the monitor hears of it, and listens on", async () => {
  const slow = await ipMonitor();
  await router.sh(`kill -STOP ${slow}`);
  await flood(20_000);
  await router.sh(`kill -CONT ${slow}`);
  await until("the word that events were lost", () => /no buffer space.*started again/i.test(monitor.said()), {
    last: () => monitor.said(),
  });
  await until("another process that listens", async () => (await ipMonitor().catch(() => slow)) !== slow);
  await repairs();
});

test(`${EVENTS} events: it keeps up, needs at most ${MOST} MB, and comes to rest`, async () => {
  await flood(EVENTS);
  await repairs();
  await rest();
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(await router.sh(`cat /proc/${monitor.pid}/status`))?.[1]) / 1024;
  expect(peak).toBeLessThan(MOST);
});

test("a firewall that fills its own rules and a ban list its own set: it does not look", async () => {
  const addresses = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  const nft = (text: string) => router.exec(["nft", "-f", "-"], { stdin: `${text}\n` });
  await nft("table inet fw { set bans { type ipv4_addr; }; chain in { type filter hook input priority 0; }; }");
  await repairs();
  await rest();
  const [own, programs] = await times();
  await nft(`add element inet fw bans { ${addresses.join()} }`);
  await nft(addresses.map((address) => `add rule inet fw in ip saddr ${address} drop`).join("\n"));
  await until("it to have read that", async () => (await times())[0] > own + 0.03);
  await rest();
  // A look starts half a dozen programs.
  expect((await times())[1]).toBe(programs);
});

test("killed, it leaves everything as it is: commits and hooks work without it, and a new one goes on", async () => {
  const old = await router.sh(`pgrep -P ${monitor.pid}`);
  kill(monitor.child);
  await until("its end", () => monitor.child.signalCode !== null);
  await router.sh("ip rule del pref 600 fwmark 0x100000/0xff00000");
  await reach(router, [...CONFIG, "uplink c interface eth3", "uplink c gateway dhcp", "uplink c if-down prohibit"]);
  expect(await router.sh(FIRST_RULE)).toContain("fwmark 0x100000/0xff00000");
  await router.sh("ip link set p3 up");
  const lease = {
    reason: "BOUND",
    interface: "eth3",
    new_ip_address: "10.3.0.2",
    new_routers: "10.3.0.1",
    new_dhcp_lease_time: "600",
  };
  const words = Object.entries(lease).map(([name, value]) => `${name}=${value}`);
  const hook = ["env", ...words, process.execPath, labFile("dist/bin/policy-route"), "--root", ROOT, "lease", "dhcp"];
  expect(await router.exec(hook)).toMatchObject({ exitCode: 0 });
  expect(await router.sh("ip route show table 2003")).toMatch(/^default via 10\.3\.0\.1 dev eth3/m);
  // Whoever listened for it ends with the next event that nobody takes.
  const alive = () => router.sh(`ps -o pid=,stat=,args= -p ${old.trim().split("\n").join(",")} | awk '$2 !~ /Z/'`);
  await until("its helpers to end", async () => (await alive()) === "", { last: alive });
  monitor = await startMonitor(router);
  await repairs();
});
