import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/lab-wait.ts";
import { GUARDED, INTERFACES, layCables, OTHERS, SERVER, type Stream } from "./cables.ts";
import { type Chroot, makeChroot } from "./chroot.ts";
import { debFile } from "./deb-file.ts";
import { type Machine, makeMachine } from "./machine.ts";

const PACKAGE = "vyatta-policy-route";
const MONITOR = "policy-route-monitor.service";
const PREFIX = `pr${process.pid}-sd`;
const FAMILIES = [4, 6] as const;

const CONFIG = `
set policy-route hook /config/scripts/changed
set policy-route uplink dsl interface eth2
set policy-route uplink dsl gateway 203.0.113.1
set policy-route uplink dsl gateway6 2001:db8:2::1
set policy-route uplink dsl table 20
set policy-route uplink dsl if-down prohibit
set policy-route uplink dsl source-validation loose
set policy-route uplink dsl health interval 1
set policy-route uplink dsl health hold-down 0
set policy-route uplink dsl health target gateway
set policy-route uplink dsl health target ${SERVER[6]}
set policy-route uplink dsl health target ${SERVER[4]} type script
set policy-route uplink dsl health target ${SERVER[4]} script /config/scripts/probe
set policy-route rule 10 source address ${GUARDED[4]}
set policy-route rule 10 set uplink dsl
set policy-route rule 20 source address ${GUARDED[6]}
set policy-route rule 20 set uplink dsl
commit
save
`;

let chroot: Chroot;
let machine: Machine;
const cables = layCables(PREFIX);
/** Files with our name before the package came. */
let ours: readonly string[];
let untouched: string;

function ourFiles(): string[] {
  return chroot.listFiles().filter((line) => /policy.route/.test(line) && !line.startsWith("/config"));
}

function configure(text: string): void {
  chroot.write("/root/session", text);
  machine.must(["policy-route", "configure", "--script", "/root/session"]);
}

/** What the kernel holds of ours, without counters, comments and empty tables. */
function state(): string {
  const script = `for f in 4 6; do ip -$f rule; ip -$f route show table all proto 157; done
    iptables-save; ip6tables-save; cat /proc/sys/net/ipv4/conf/eth2/rp_filter`;
  return machine
    .must(["sh", "-c", script])
    .replace(/^#.*\n/gm, "")
    .replace(/\[\d+:\d+\]/g, "")
    .replace(/^\*\w+\n(:[A-Z]+ ACCEPT ?\n)*COMMIT\n/gm, "");
}

function leaked(): number {
  return cables.arrived("isp", "guarded", 4) + cables.arrived("isp", "guarded", 6);
}

/** Waits until the guarded address of the LAN is answered in both families. */
async function flows(): Promise<void> {
  for (const family of FAMILIES) await until(`IPv${family} to flow`, () => cables.ping(family, GUARDED[family]));
}

/** Ends a stream: all of it was answered, but for what was under way when it ended, and nothing left by the other line. */
async function allArrived(stream: Stream): Promise<void> {
  const { sent, lost } = await stream.stop();
  expect(sent).toBeGreaterThan(100);
  expect(lost).toBeLessThanOrEqual(2);
  expect(leaked()).toBe(0);
}

async function stands(wanted: string): Promise<void> {
  await until("the kernel to hold the same", () => state() === wanted, { last: () => `wanted\n${wanted}\nis\n${state()}` });
}

/** Waits until the monitor runs as another process than `old`; gives its process number. */
function newMonitor(old = "0"): Promise<string> {
  const other = () => [machine.unit(MONITOR, "MainPID")].find((pid) => pid !== "0" && pid !== old);
  return until("a new monitor", other, { last: () => machine.run(["systemctl", "status", MONITOR]).stdout });
}

/** Waits until the monitor puts back what is taken away: the ip rule for the router's own address, which steers nothing forwarded. */
async function monitorWorks(): Promise<void> {
  const isThere = () => /^700:/m.test(machine.must(["ip", "rule"]));
  await until("the rule to be there", isThere);
  machine.must(["ip", "rule", "delete", "pref", "700"]);
  await until("the monitor to put it back", isThere, { last: () => machine.run(["systemctl", "status", MONITOR]).stdout });
}

/** What the operator's hook was told so far. */
function hookCalls(): string[] {
  const file = join(chroot.path, "config/told");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

const NETWORKING = {
  "networking.service": () => {
    const family = (address: string) => (address.includes(":") ? "inet6" : "inet");
    const lines = INTERFACES.flatMap(({ name, addresses, gateways }) => [
      `auto ${name}`,
      ...addresses.flatMap((address, at) => [
        `iface ${name} ${family(address)} static\n  address ${address}`,
        ...(gateways[at] === undefined ? [] : [`  gateway ${gateways[at]}`]),
      ]),
    ]);
    rmSync(join(chroot.path, "etc/systemd/network"), { recursive: true, force: true });
    chroot.write("/etc/network/interfaces", `auto lo\niface lo inet loopback\n${lines.join("\n")}\n`);
  },
  "systemd-networkd.service": () => {
    chroot.write("/etc/network/interfaces", "auto lo\niface lo inet loopback\n");
    for (const { name, addresses, gateways } of INTERFACES) {
      const lines = [...addresses.map((address) => `Address=${address}`), ...gateways.map((gateway) => `Gateway=${gateway}`)];
      const network = ["IPv6AcceptRA=no", ...lines].join("\n");
      chroot.write(`/etc/systemd/network/${name}.network`, `[Match]\nName=${name}\n[Network]\n${network}\n`);
    }
    chroot.must(["systemctl", "enable", "systemd-networkd"]);
  },
} as const;

beforeAll(async () => {
  chroot = await makeChroot(["systemd-sysv", "dbus", "ifupdown", "iputils-ping", "conntrack", "nftables"]);
  chroot.write("/etc/sysctl.d/90-router.conf", "net.ipv4.ip_forward=1\nnet.ipv6.conf.all.forwarding=1\n");
  chroot.write("/config/scripts/changed", '#!/bin/sh\necho "$PR_EVENT $PR_UPLINK" >> /config/told\n', 0o755);
  chroot.write(
    "/config/scripts/probe",
    `#!/bin/sh\nexec ping -n -c 1 -W 1 -I "$PR_INTERFACE" -m "$PR_MARK" "$PR_TARGET"\n`,
    0o755,
  );
  // The boot stands still between networking and the configuration, until the test has looked.
  const held = "[Service]\nExecStartPre=/bin/sh -c 'until test -e /run/go-on; do sleep 0.1; done'\n";
  chroot.write("/etc/systemd/system/policy-route-load.service.d/held.conf", held);
  NETWORKING["networking.service"]();
  copyFileSync(debFile, join(chroot.path, "root/package.deb"));
  machine = makeMachine(chroot, PREFIX);
  ours = ourFiles();
  await machine.boot(cables.plug());
  await machine.settled();
  untouched = state();
});

afterAll(async () => {
  await machine?.remove();
  cables.remove();
  chroot?.remove();
});

describe("where systemd runs", () => {
  it("is installed, with units that are accepted, and starts nothing", () => {
    machine.must(["dpkg", "--install", "/root/package.deb"]);
    const names = ["boot", "load", "monitor"].map((name) => `policy-route-${name}.service`);
    expect(machine.run(["systemd-analyze", "verify", "--man=no", ...names])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(names.map((name) => machine.unit(name, "UnitFileState"))).toEqual(["enabled", "enabled", "static"]);
    expect(names.map((name) => machine.unit(name, "ActiveState"))).toEqual(["inactive", "inactive", "inactive"]);
    expect(state()).toBe(untouched);
  });

  it("has a monitor after the first commit, whose probes and scripts work inside the unit", async () => {
    configure(CONFIG);
    await flows();
    expect(leaked()).toBe(0);
    await monitorWorks();
    await until("three targets to answer", () => /\b3\/3 ok/.test(machine.must(["policy-route", "show"])), {
      timeout: 20_000,
      last: () => machine.must(["policy-route", "show", "uplink", "dsl"]),
    });
    machine.must(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth2/rp_filter"]);
    const filter = () => machine.must(["cat", "/proc/sys/net/ipv4/conf/eth2/rp_filter"]).trim();
    await until("the sysctl to be put back", () => filter() === "2");
    await until("the hook to be called", () => hookCalls().includes("drift-repaired"), { last: () => hookCalls().join("\n") });
  });

  it("refuses what is behind a kill switch while its line is dead, and tells the hook", async () => {
    cables.carrier("dsl", "down");
    await until("the hook to hear of it", () => hookCalls().at(-1) === "uplink-down dsl", { last: () => hookCalls().join("\n") });
    expect(FAMILIES.map((family) => cables.ping(family, GUARDED[family]))).toEqual([false, false]);
    cables.carrier("dsl", "up");
    await until("the hook to hear that it is back", () => hookCalls().at(-1) === "uplink-up dsl");
    await flows();
    expect(leaked()).toBe(0);
  });

  it("starts the monitor anew when it is killed, however often, and loses no packet", async () => {
    const before = state();
    const stream = cables.stream(GUARDED);
    // More often, and sooner one after the other, than systemd lets pass by default.
    for (let times = 0; times < 6; times++) {
      const old = await newMonitor();
      machine.must(["systemctl", "kill", "--signal=KILL", "--kill-whom=main", MONITOR]);
      expect(state()).toBe(before);
      await newMonitor(old);
    }
    await monitorWorks();
    await stands(before);
    await allArrived(stream);
  });

  it("looks anew when it is reloaded, and leaves everything in place when the monitor is stopped", async () => {
    const before = state();
    const stream = cables.stream(GUARDED);
    const pid = await newMonitor();
    machine.must(["systemctl", "reload", MONITOR]);
    await monitorWorks();
    expect(machine.unit(MONITOR, "MainPID")).toBe(pid);
    machine.must(["systemctl", "stop", MONITOR]);
    expect(machine.unit(MONITOR, "Result")).toBe("success");
    await stands(before);
    await flows();
    machine.must(["policy-route", "restart"]);
    await newMonitor(pid);
    await monitorWorks();
    await stands(before);
    await allArrived(stream);
  });

  it("is upgraded with a new monitor and without a lost packet", async () => {
    const before = state();
    const stream = cables.stream(GUARDED);
    const old = await newMonitor();
    machine.must(["dpkg", "--install", "/root/package.deb"]);
    await newMonitor(old);
    await monitorWorks();
    await stands(before);
    await allArrived(stream);
  });
});

describe("when the machine starts again", () => {
  it.each([
    ["reboot", "networking.service"],
    ["power failure", "systemd-networkd.service"],
  ] as const)("after a %s, beside %s, no packet leaves by the wrong line before all is as it was", async (end, networking) => {
    const before = state();
    const uplinkCalls = () => hookCalls().filter((call) => call.startsWith("uplink-"));
    const told = uplinkCalls();
    NETWORKING[networking]();
    await machine.end(end);
    // Who is switched off has no lines that fail.
    expect(uplinkCalls()).toEqual(told);
    const namespace = cables.plug();
    const stream = cables.stream(GUARDED);
    await machine.boot(namespace);
    for (const family of FAMILIES)
      await until(`IPv${family} of others to flow`, () => cables.ping(family, OTHERS[family]), {
        timeout: 30_000,
        last: () => machine.run(["systemctl", "list-jobs"]).stdout,
      });
    const shut = Number(machine.unit("policy-route-boot.service", "ActiveEnterTimestampMonotonic"));
    expect(shut).toBeGreaterThan(0);
    expect(Number(machine.unit(networking, "ExecMainStartTimestampMonotonic"))).toBeGreaterThan(shut);
    expect(machine.unit(MONITOR, "ActiveState")).toBe("inactive");
    expect(FAMILIES.map((family) => cables.ping(family, GUARDED[family]))).toEqual([false, false]);
    expect(leaked()).toBe(0);

    machine.must(["touch", "/run/go-on"]);
    await machine.settled();
    await flows();
    await monitorWorks();
    await stands(before);
    const { sent, lost } = await stream.stop();
    expect(lost).toBeLessThan(sent);
    expect(leaked()).toBe(0);
  });

  it("keeps its rules when networkd sets up a line anew", async () => {
    const before = state();
    machine.must(["systemctl", "stop", MONITOR]);
    machine.must(["networkctl", "reconfigure", "eth0", "eth1"]);
    const at = () => machine.must(["networkctl", "--no-legend", "list"]);
    await until("networkd to be through", () => (at().match(/configured/g)?.length ?? 0) >= 3, { last: at });
    await until("others to flow", () => FAMILIES.every((family) => cables.ping(family, OTHERS[family])));
    await flows();
    expect(leaked()).toBe(0);
    machine.must(["policy-route", "restart"]);
    await stands(before);
  });
});

describe("where systemd runs, removing it", () => {
  it("is refused while it is configured, and the monitor goes on", async () => {
    const before = state();
    const pid = await newMonitor();
    expect(machine.run(["dpkg", "--remove", PACKAGE]).status).toBe(1);
    expect(machine.unit(MONITOR, "MainPID")).toBe(pid);
    await monitorWorks();
    await stands(before);
    await flows();
  });

  it("works once it is deleted, which stops the monitor, and a purge leaves nothing", async () => {
    configure("delete policy-route\ncommit\nsave\n");
    await until("the monitor to end", () => machine.unit(MONITOR, "ActiveState") === "inactive");
    for (const family of FAMILIES) await until("main to have it", () => cables.ping(family, GUARDED[family]));
    expect(leaked()).toBeGreaterThan(0);
    machine.must(["dpkg", "--remove", PACKAGE]);
    expect(state()).toBe(untouched);
    expect(machine.must(["systemctl", "list-units", "--state=active,failed", "--no-legend", "policy-route-*"])).toBe("");
    machine.must(["dpkg", "--purge", PACKAGE]);
    expect(ourFiles()).toEqual(ours);
    await machine.settled();
  });
});
