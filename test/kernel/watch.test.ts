import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { labFile } from "../support/lab-file.ts";
import { until } from "../support/lab-wait.ts";
import { startMonitor } from "../support/monitor.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";

const CONFIG = [
  "uplink dsl interface eth1",
  "uplink dsl gateway 198.51.100.1",
  "uplink two interface eth2",
  "uplink two gateway 203.0.113.1",
  "group web uplink dsl priority 10",
  "group web uplink two priority 20",
  "rule 10 traffic local",
  "rule 10 protocol icmp",
  "rule 10 set uplink dsl",
  "rule 20 source address 192.168.188.0/24",
  "rule 20 set group web",
];
const OUT = "/run/pr/watch.out";
const CALLS = "/run/pr/calls";
const PROGRAM = `${process.execPath} ${labFile("dist/bin/policy-route")} --root ${ROOT}`;

/** Programs that note each call of theirs before they do what they are for. */
const COUNTED = `
mkdir -p /run/pr/counted
for program in iptables-save ip6tables-save nft ip; do
  real=$(command -v $program)
  printf '#!/bin/sh\\necho %s >> ${CALLS}\\nexec %s "$@"\\n' $program "$real" > /run/pr/counted/$program
  chmod +x /run/pr/counted/$program
done
`;

let router: Namespace;
/** Calls of programs that read chains. */
const tableCalls = async () => (await read(CALLS)).split("\n").filter((name) => name !== "" && name !== "ip");
const read = (path: string) => router.sh(`cat ${path} 2>/dev/null || true`);

/** Starts the watch with its output in a file; gives its process number. */
async function startWatch(): Promise<string> {
  const started = await router.sh(
    `: > ${CALLS}; PATH=/run/pr/counted:$PATH setsid ${PROGRAM} watch > ${OUT} 2>&1 < /dev/null & echo $!`,
  );
  await saw(/^group web: dsl, IPv6: main$/m);
  return started.trim();
}

const saw = (what: RegExp) =>
  until(String(what), async () => what.test(await read(OUT)), { timeout: 20_000, last: () => read(OUT) });

async function stopWatch(pid: string): Promise<void> {
  await router.sh(`kill -TERM ${pid}`);
  await until("the watch to end", async () => (await router.exec(["kill", "-0", pid])).exitCode !== 0);
}

describe.each(FRONT_ENDS)("watch without a terminal (%s)", (frontEnd) => {
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.apply(CONFIG);
    await router.sh(COUNTED);
  });
  afterAll(() => router?.stop());

  test("prints a line for each event, without the monitor too, and looks at the kernel only when there is a reason", async () => {
    const started = Date.now();
    const pid = await startWatch();
    const oneLook = (await tableCalls()).length;
    expect(oneLook).toBeGreaterThan(0);
    const first = await read(OUT);
    expect(first).toMatch(/^Policy routing: active, in sync/);
    expect(first).toMatch(/^dsl is up: eth1, 198\.51\.100\.1 \(config\)$/m);
    expect(first).toContain("The monitor does not run");
    // Seconds in which nothing happens cost no process at all.
    const quiet = Date.now() + 3500;
    await until("some quiet seconds", () => Date.now() > quiet);
    // Every ten seconds it looks, and a slow machine may be that far.
    const looks = 1 + Math.floor((Date.now() - started) / 10_000);
    expect((await tableCalls()).length).toBeLessThanOrEqual(looks * oneLook);
    await router.sh("ip link set p1 down");
    await saw(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} dsl down: no carrier$/m);
    await saw(/^\S+ \S+ web group: dsl\b.* -> two\b/m);
    await router.sh("ip link set p1 up");
    await saw(/^\S+ \S+ dsl up: /m);
    const said = await read(OUT);
    expect(said).not.toContain("\u001b");
    await stopWatch(pid);
  });

  test("prints what the monitor writes down, once", async () => {
    const monitor = await startMonitor(router);
    const pid = await startWatch();
    expect(await read(OUT)).not.toContain("The monitor does not run");
    await router.sh("ip link set p1 down");
    await saw(/ dsl down: no carrier$/m);
    await router.sh("ip link set p1 up");
    await saw(/ dsl up: /m);
    // The log of the watch is that of the monitor.
    const logged = (await monitor.events()).map(({ kind }) => kind).sort();
    const lines = (await read(OUT)).split("\n").filter((line) => /^\d{4}-/.test(line));
    expect(lines.filter((line) => line.includes(" dsl down: "))).toHaveLength(logged.filter((kind) => kind === "down").length);
    expect(lines.filter((line) => line.includes(" dsl up: "))).toHaveLength(logged.filter((kind) => kind === "up").length);
    await stopWatch(pid);
    expect(await monitor.stop()).toBe(0);
  });
});

describe("watch at a terminal", () => {
  const tmux = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await router.exec(["tmux", "-S", "/run/pr/tmux", ...words]);
    if (exitCode !== 0) throw new Error(`tmux ${words.join(" ")}: ${stderr}`);
    return stdout;
  };
  const screen = async (): Promise<string> => (await tmux("capture-pane", "-p")).trimEnd();
  const shows = (what: RegExp) => until(String(what), async () => what.test(await screen()), { timeout: 20_000, last: screen });
  const start = (env = "") =>
    tmux("new-session", "-d", "-x", "100", "-y", "30", `echo before; ${env} ${PROGRAM} watch; echo "ended with $?"; sleep 60`);

  beforeAll(async () => {
    router = await openNamespace("iptables-nft");
    await router.apply(CONFIG);
    await router.sh("ip neigh replace 198.51.100.1 lladdr 02:00:00:00:00:01 dev eth1 nud permanent");
  });
  afterAll(async () => {
    await tmux("kill-server").catch(() => {});
    await router?.stop();
  });

  test("shows rates, follows the size of the terminal and gives the terminal back", async () => {
    await start();
    await shows(/^dsl +eth1 +up +0 B +0 +0 B +0 +198\.51\.100\.1 \(config\)$/m);
    expect(await screen()).toMatch(/^policy-route watch +\d\d:\d\d:\d\d {2}q: quit$/m);
    expect(await screen()).not.toContain("before");
    await router.sh("ping -q -c 900 -i 0.01 -W 1 198.51.100.1 > /dev/null 2>&1 &");
    await shows(/^dsl +eth1 +up +0 B +0 +[\d.]+ kB +\d+ /m);
    // One look later: the first packet of a ping is one new connection.
    await shows(/^ +10 +icmp +uplink dsl +dsl, IPv6: main +1 +0\.\d$/m);
    await router.sh("ip link set p1 down");
    await shows(/^dsl +eth1 +down .*no carrier/m);
    await shows(/dsl down: no carrier/);
    expect(await tmux("capture-pane", "-p", "-e")).toContain("\u001b[31m");
    await router.sh("ip link set p1 up");
    await tmux("resize-window", "-x", "50", "-y", "12");
    await until("the smaller screen", async () => (await screen()).split("\n").every((line) => line.length <= 50));
    await shows(/^policy-route watch +\S+ {2}q: quit$/m);
    expect(await screen()).toMatch(/^dsl +eth1 +/m);
    expect(await tmux("display-message", "-p", "#{alternate_on}")).toBe("1\n");
    await tmux("send-keys", "q");
    await shows(/^before\nended with 0$/m);
    expect(await tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}")).toBe("0 1\n");
    await tmux("kill-server");
  });

  test("Ctrl-C ends it too; no colours where NO_COLOR says so", async () => {
    await start("NO_COLOR=1");
    await shows(/^dsl +eth1 +up /m);
    expect(await tmux("capture-pane", "-p", "-e")).not.toContain("\u001b[");
    await tmux("send-keys", "C-c");
    await shows(/^before\nended with 0$/m);
  });
});
