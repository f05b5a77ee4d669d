import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Chroot, makeChroot, must } from "./chroot.ts";
import { debFile, top, version } from "./deb-file.ts";

const PACKAGE = "vyatta-policy-route";
const namespace = `pr${process.pid}-deb`;
const inside = { namespace };

let chroot: Chroot;
let cleanFiles: readonly string[];
let cleanKernel: string;

/** The first code block of a document that holds a text. */
function codeBlock(document: string, holding: string): string {
  const blocks = [...readFileSync(join(top, document), "utf8").matchAll(/^```\w*\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
  const block = blocks.find((text) => text.includes(holding));
  if (block === undefined) throw new Error(`${document} has no code block with ${holding}`);
  return block;
}

const example = codeBlock("README.md", "set policy-route");

function session(text: string): string {
  chroot.write("/tmp/session", text);
  return chroot.must(["policy-route", "configure", "--script", "/tmp/session"], inside);
}

/** What the kernel holds, without counters, comments, generation numbers and built-in tables that hold nothing. */
function kernelState(): string {
  const tables = ["iptables-save", "ip6tables-save"].map((save) =>
    chroot
      .must([save], inside)
      .replace(/^#.*\n/gm, "")
      .replace(/\[\d+:\d+\]/g, "")
      .replace(/^\*\w+\n(:[A-Z]+ ACCEPT ?\n)*COMMIT\n/gm, ""),
  );
  const routing = [
    ["-4", "rule"],
    ["-6", "rule"],
    ["-4", "route", "show", "table", "all"],
    ["-6", "route", "show", "table", "all"],
  ];
  const sysctls = chroot.must(
    [
      "sh",
      "-c",
      "grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf 2>/dev/null | grep -v -e stable_secret -e mc_forwarding | sort",
    ],
    inside,
  );
  return [...tables, ...routing.map((args) => chroot.must(["ip", ...args], inside)), sysctls].join("\n");
}

/** What a machine on which ip(8) is broken does. */
function withoutIp<T>(run: () => T): T {
  const ip = chroot.must(["readlink", "-f", "/bin/ip"]).trim();
  chroot.must(["mv", ip, `${ip}.away`]);
  try {
    return run();
  } finally {
    chroot.must(["mv", `${ip}.away`, ip]);
  }
}

function difference(before: readonly string[], after: readonly string[]): { gone: string[]; come: string[] } {
  const [old, now] = [new Set(before), new Set(after)];
  return { gone: before.filter((line) => !now.has(line)), come: after.filter((line) => !old.has(line)) };
}

beforeAll(async () => {
  chroot = await makeChroot();
  must(["ip", "netns", "add", namespace]);
  for (const [link, address] of [
    ["eth0", "192.168.1.1/24"],
    ["eth1", "198.51.100.7/24"],
  ] as const) {
    must(["ip", "-n", namespace, "link", "add", link, "type", "veth", "peer", "name", `${link}-far`]);
    // No link-local addresses, whose routes come and go by themselves.
    for (const end of [link, `${link}-far`]) must(["ip", "-n", namespace, "link", "set", end, "addrgenmode", "none", "up"]);
    must(["ip", "-n", namespace, "address", "add", address, "dev", link]);
  }
  copyFileSync(debFile, join(chroot.path, "tmp/package.deb"));
  cleanFiles = chroot.listFiles();
  cleanKernel = kernelState();
});

afterAll(() => {
  must(["ip", "netns", "delete", namespace]);
  chroot.remove();
});

describe("on a clean Debian 12", () => {
  it("installs, and changes nothing in the kernel", () => {
    chroot.must(["dpkg", "--install", "/tmp/package.deb"], inside);
    expect(kernelState()).toBe(cleanKernel);
  });

  it("runs on Debian's Node 18", () => {
    expect(chroot.must(["node", "--version"])).toMatch(/^v18\./);
    expect(chroot.must(["policy-route", "--version"]).trim()).toBe(version);
  });

  it("has compiled itself for that Node", () => {
    const check = `
      const lib = "/usr/lib/policy-route/lib/", cache = "/var/cache/policy-route/";
      const { readFileSync, readdirSync } = require("fs");
      const [build] = readdirSync(cache);
      for (const name of readdirSync(cache + build)) {
        const source = require("module").wrap(readFileSync(lib + name.slice(0, -3), "utf8"));
        const script = new (require("vm").Script)(source, { cachedData: readFileSync(cache + build + "/" + name) });
        console.log(name, script.cachedDataRejected);
      }`;
    const said = chroot.must(["node", "-e", check]);
    expect(said).toContain("commit.js.v8 false\n");
    expect(said).not.toContain("true");
  });

  it("runs all the same where that was cut short", () => {
    chroot.must(["sh", "-c", "for file in /var/cache/policy-route/*/*; do truncate --size=100 $file; done"]);
    expect(chroot.must(["policy-route", "--help"])).toContain("commit");
    chroot.must(["dpkg-reconfigure", "vyatta-policy-route"], inside);
  });

  it("takes the example of the README, and the lease that the DHCP hook reports, to the kernel", () => {
    session(example);
    chroot.write("/tmp/lease", ". /etc/dhcp/dhclient-exit-hooks.d/policy-route\n");
    const env = {
      reason: "BOUND",
      interface: "eth1",
      new_ip_address: "198.51.100.7",
      new_subnet_mask: "255.255.255.0",
      new_routers: "198.51.100.1",
      new_dhcp_lease_time: "3600",
    };
    chroot.must(["sh", "/tmp/lease"], { ...inside, env });
    expect(chroot.must(["ip", "route", "show", "table", "20"], inside)).toMatch(/^default via 198\.51\.100\.1 dev eth1/m);
    expect(chroot.must(["iptables-save", "-t", "mangle"], inside)).toMatch(/-p tcp .*--dports 80,143,443,8000/);
  });

  it("shows it to a user without privileges", () => {
    const shown = chroot.must(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "policy-route", "show"], inside);
    expect(shown).toContain("198.51.100.1 (dhcp");
  });

  it("has a monitor that puts back what others take away, on that Node too", () => {
    const before = kernelState();
    const watched = `
      policy-route monitor & monitor=$!
      for i in $(seq 100); do test -e /run/policy-route/monitor.pid && break; sleep 0.1; done
      sleep 1
      ip rule del pref 600
      for i in $(seq 100); do ip rule | grep -q ^600: && break; sleep 0.1; done
      kill $monitor; wait $monitor`;
    chroot.must(["sh", "-c", watched], inside);
    expect(kernelState()).toBe(before);
  });

  it("can be installed over itself, and the kernel keeps what it has", () => {
    const before = kernelState();
    const said = chroot.must(["dpkg", "--install", "/tmp/package.deb"], inside);
    expect(said).toContain(`over (${version})`);
    expect(said).toContain("Policy routing restarted");
    expect(kernelState()).toBe(before);
  });

  it("is upgraded even when nothing can be applied just now, and says what to type", () => {
    const before = kernelState();
    const ended = withoutIp(() => chroot.run(["dpkg", "--install", "/tmp/package.deb"], inside));
    expect(ended.status).toBe(0);
    expect(ended.stderr).toContain('type "policy-route restart"');
    expect(kernelState()).toBe(before);
  });

  it("shuts the kill switches at boot from what was applied last", () => {
    session("set policy-route uplink dsl if-down prohibit\ncommit\nsave\n");
    // A reboot: the network and /run are new (a mount that only this command sees), files are not.
    const reboot = "mount -t tmpfs tmpfs /run && policy-route apply --boot && ip route show table 20";
    expect(chroot.must(["sh", "-c", reboot])).toMatch(/^prohibit default/m);
  });

  it("loads the saved configuration at boot, as the unit does", () => {
    const unit = readFileSync(join(chroot.path, "lib/systemd/system/policy-route-load.service"), "utf8");
    const command = /^ExecStart=(.*)$/m.exec(unit)?.[1]?.split(" ") ?? [];
    chroot.must(["policy-route", "uninstall"], inside);
    chroot.must(["rm", "-rf", "/run/policy-route"], inside);
    chroot.must(command, inside);
    expect(chroot.must(["iptables-save", "-t", "mangle"], inside)).toMatch(/-p tcp .*--dports 80,143,443,8000/);
  });
});

describe("removing it", () => {
  it("is refused while it is configured, with what to type", () => {
    const before = kernelState();
    const ended = chroot.run(["dpkg", "--remove", PACKAGE], inside);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain("policy-route configure\n    delete policy-route\n    commit");
    expect(chroot.must(["dpkg", "--status", PACKAGE])).toMatch(/^Status: \w+ ok installed$/m);
    expect(kernelState()).toBe(before);
  });

  it("asks the router's own engine where there is one", () => {
    chroot.write("/tmp/engine/cli-shell-api", '#!/bin/sh\n[ "$*" = "existsActive policy-route" ]\n', 0o755);
    const env = { PATH: "/tmp/engine:/usr/sbin:/usr/bin:/sbin:/bin" };
    const ended = chroot.run(["dpkg", "--remove", PACKAGE], { ...inside, env });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain("\n    configure\n    delete policy-route\n    commit");
  });

  it("is refused when its rules cannot be taken out of the kernel", () => {
    const before = kernelState();
    chroot.must(["mv", "/run/policy-route/active.config", "/tmp/active.config"]);
    const ended = withoutIp(() => chroot.run(["dpkg", "--remove", PACKAGE], inside));
    chroot.must(["mv", "/tmp/active.config", "/run/policy-route/active.config"]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain("could not take everything out of the kernel");
    expect(kernelState()).toBe(before);
  });

  it("leaves the machine as it was once it is deleted from the configuration", () => {
    session("delete policy-route\ncommit\nsave\n");
    chroot.must(["dpkg", "--remove", PACKAGE], inside);
    expect(kernelState()).toBe(cleanKernel);
    const { gone, come } = difference(cleanFiles, chroot.listFiles());
    expect(gone).toEqual([]);
    // Conffiles and the memory of which units were enabled stay until purge; /config is the operator's.
    const staying = /^\/(config|etc\/(dhcp|ppp|systemd)|var\/lib\/(policy-route|systemd))\b/;
    expect(come.filter((line) => !staying.test(line))).toEqual([]);
  });

  it("leaves hooks that do nothing", () => {
    for (const hook of ["ip-up", "ip-down", "ipv6-up", "ipv6-down"]) {
      expect(chroot.run([`/etc/ppp/${hook}.d/policy-route`, "ppp0", "", "", "192.0.2.1", "192.0.2.2"], inside)).toEqual({
        status: 0,
        stdout: "",
        stderr: "",
      });
    }
    const env = { reason: "BOUND", interface: "eth1", new_routers: "198.51.100.1" };
    expect(chroot.run(["sh", "/tmp/lease"], { ...inside, env })).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("leaves nothing after a purge but the operator's configuration", () => {
    chroot.must(["dpkg", "--purge", PACKAGE], inside);
    const { gone, come } = difference(cleanFiles, chroot.listFiles());
    expect(gone).toEqual([]);
    expect(come.filter((line) => !line.startsWith("/config"))).toEqual([]);
  });
});

describe("after an image upgrade", () => {
  it("is reinstalled by the lines for the preconfig script, once", () => {
    chroot.must(["mkdir", "-p", "/config/user-data/policy-route"]);
    chroot.must(["cp", "/tmp/package.deb", "/config/user-data/policy-route/"]);
    chroot.write(
      "/config/scripts/vyos-preconfig-bootup.script",
      `#!/bin/sh\n${codeBlock("docs/install.md", "user-data/policy-route/*.deb")}`,
      0o755,
    );
    const script = ["/config/scripts/vyos-preconfig-bootup.script"];
    chroot.must(script, inside);
    expect(chroot.must(["policy-route", "--version"]).trim()).toBe(version);
    expect(chroot.run(script, inside)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("says so, and lets the boot go on, when that fails", () => {
    chroot.must(["dpkg", "--purge", PACKAGE], inside);
    chroot.write("/config/user-data/policy-route/package.deb", "cut short");
    const ended = chroot.run(["/config/scripts/vyos-preconfig-bootup.script"], inside);
    expect(ended.status).toBe(0);
    expect(ended.stderr).toContain("do not save the configuration");
    expect(existsSync(join(chroot.path, "usr/sbin/policy-route"))).toBe(false);
  });
});
