import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Host, Output } from "../../../src/host/host.ts";
import { realHost } from "../../../src/host/real-host.ts";
import { runProbe } from "../../../src/host/run-probe.ts";
import type { Probe } from "../../../src/uplink/probe.ts";
import { until } from "../../support/lab-wait.ts";
import { memoryHost } from "../uplink/memory-host.ts";

const PROBE: Probe = {
  type: "ping",
  target: "9.9.9.9",
  address: "9.9.9.9",
  family: "ipv4",
  uplink: "dsl",
  interface: "eth1",
  mark: 0x09400000,
  timeout: 2,
};

async function ask(probe: Partial<Probe>, line: string, answer: Partial<Output>): Promise<string> {
  const { host } = memoryHost({}, { [line]: answer });
  const { outcome, words } = await runProbe(host, "", { ...PROBE, ...probe });
  return `${outcome}: ${words}`;
}

describe("what a program says of a probe", () => {
  const ping = "ping -n -q -c 1 -W 2 -I eth1 -m 155189248 9.9.9.9";
  const socat =
    "socat -u OPEN:/dev/null TCP4:9.9.9.9:443,so-bindtodevice=eth1,setsockopt-listen=1:36:i155189248,connect-timeout=2";
  const tcp = { type: "tcp", port: 443 } as const;

  it.each<[string, Partial<Probe>, string, Partial<Output>]>([
    ["answered: 8.4 ms", {}, ping, { stdout: "1 packets transmitted\nrtt min/avg/max/mdev = 8.3/8.4/8.4/0.000 ms\n" }],
    ["failed: timeout", {}, ping, { exitCode: 1, stdout: "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n" }],
    [
      "failed: unreachable",
      {},
      ping,
      { exitCode: 1, stdout: "1 packets transmitted, 0 received, +1 errors, 100% packet loss\n" },
    ],
    ["failed: connect: Network is unreachable", {}, ping, { exitCode: 2, stderr: "ping: connect: Network is unreachable\n" }],
    [
      "unable: WARNING: failed to set mark: 155189248: Operation not permitted",
      {},
      ping,
      { stderr: "ping: WARNING: failed to set mark: 155189248: Operation not permitted\n" },
    ],
    [
      "unable: ping is not installed (package iputils-ping)",
      {},
      ping,
      { exitCode: 127, stderr: "ping is not installed (package iputils-ping)" },
    ],
    ["answered: ok", tcp, socat, {}],
    [
      "failed: refused",
      tcp,
      socat,
      { exitCode: 1, stderr: "2026/11/20 12:46:19 socat[4190] E connect(6, AF=2 9.9.9.9:443, 16): Connection refused\n" },
    ],
    [
      "failed: timeout",
      tcp,
      socat,
      { exitCode: 1, stderr: "2026/11/20 12:46:20 socat[4191] E connecting to AF=2 9.9.9.9:443: Connection timed out\n" },
    ],
    ["failed: timeout", { type: "arp" }, "arping -c 1 -w 2 -I eth1 9.9.9.9", { exitCode: 1, stdout: "Sent 1 probes\n" }],
    ["answered: ok", { type: "arp", family: "ipv6", address: "fe80::1" }, "ndisc6 -1 -q -r 1 -w 2000 fe80::1 eth1", {}],
    [
      "answered: ok",
      { ...tcp, family: "ipv6", address: "fe80::1" },
      "socat -u OPEN:/dev/null TCP6:[fe80::1%eth1]:443,so-bindtodevice=eth1,setsockopt-listen=1:36:i155189248,connect-timeout=2",
      {},
    ],
  ])("%s", async (says, probe, line, answer) => {
    expect(await ask(probe, line, answer)).toBe(says);
  });

  it("writes a mark with the highest bit as the number the kernel's int is", async () => {
    const line = socat.replace("155189248", "-2130706432");
    expect(await ask({ ...tcp, mark: 0x81000000 }, line, {})).toBe("answered: ok");
  });
});

describe("a script", () => {
  let folder = "";
  const host: Host = realHost(process.env);
  const script = (name: string, text: string): Probe => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
    return { ...PROBE, type: "script", script: `/${name}`, timeout: 1 };
  };
  const alive = (pid: string): boolean => spawnSync("kill", ["-0", pid]).status === 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "policy-route-probe-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("answers by its exit status, in its own words", async () => {
    expect(await runProbe(host, folder, script("fine", "echo all is well"))).toEqual({
      outcome: "answered",
      words: "all is well",
    });
    expect(await runProbe(host, folder, script("bad", "echo no >&2; exit 3"))).toEqual({ outcome: "failed", words: "no" });
    expect(await runProbe(host, folder, script("mute", "exit 3"))).toEqual({ outcome: "failed", words: "exit status 3" });
    const gone = { ...PROBE, type: "script", script: "/gone" } as const;
    expect(await runProbe(host, folder, gone)).toMatchObject({ outcome: "unable" });
  });

  it("is killed with everything it started when its time is over, or the monitor ends", async () => {
    const hangs = script("hangs", `sleep 100 & echo $! > ${folder}/child; wait`);
    expect(await runProbe(host, folder, hangs)).toEqual({ outcome: "failed", words: "timeout" });
    await until("its child to be killed", () => !alive(readFileSync(join(folder, "child"), "utf8").trim()));
    const abort = new AbortController();
    const running = runProbe(
      host,
      folder,
      { ...script("hangs2", `sleep 100 & echo $! > ${folder}/child2; wait`), timeout: 50 },
      abort.signal,
    );
    const child = await until("its child", () => {
      try {
        return readFileSync(join(folder, "child2"), "utf8").trim() || undefined;
      } catch {
        return undefined;
      }
    });
    abort.abort();
    await running;
    await until("its child to be killed", () => !alive(child));
  });

  it("that leaves a process of another group with its output open is not waited for longer", async () => {
    const leaves = script("leaves", `setsid sleep 60 & echo $! > ${folder}/left; sleep 100`);
    expect(await runProbe(host, folder, leaves)).toMatchObject({ outcome: "failed", words: "timeout" });
    const left = readFileSync(join(folder, "left"), "utf8").trim();
    expect(alive(left)).toBe(true);
    process.kill(Number(left));
  });
});
