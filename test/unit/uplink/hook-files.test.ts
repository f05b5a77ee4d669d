import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const HOOKS = new URL("../../../debian/hooks/", import.meta.url);
const PROGRAM = "/usr/lib/policy-route/bin/policy-route";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-route-hooks-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The hook's text with the program replaced by a script of the test; `undefined`: a program that is not there. */
function hook(name: string, program?: string): string {
  const path = join(folder, `program-${Math.random().toString(36).slice(2)}`);
  if (program !== undefined) {
    writeFileSync(path, `#!/bin/sh\n${program}\n`);
    chmodSync(path, 0o755);
  }
  return readFileSync(new URL(name, HOOKS), "utf8").replaceAll(PROGRAM, path);
}

function source(shell: string, program: string | undefined, reason: string | undefined) {
  const file = join(folder, "sourced");
  writeFileSync(file, hook("dhclient-exit", program));
  const script = 'set > "$1.before"; . "$1"; set > "$1.after"; echo "went on"';
  const env = { PATH: process.env["PATH"] ?? "", ...(reason === undefined ? {} : { reason }), interface: "eth1" };
  const result = spawnSync(shell, ["-euc", script, "dhclient-script", file], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const variables = (moment: string) =>
    readFileSync(`${file}.${moment}`, "utf8")
      .split("\n")
      .filter((line) => !/^(_|PIPESTATUS|BASH_\w+|LINENO|PPID)=/.test(line));
  return { ...result, before: variables("before"), after: variables("after") };
}

describe("the dhclient exit hook", () => {
  const calls = () => join(folder, "calls");

  it.each(["dash", "bash"])("goes on under set -eu in %s, changes no variable, whatever the program does", (shell) => {
    for (const program of [undefined, "exit 0", "echo noise; echo noise >&2; exit 70", "kill -9 $$"]) {
      for (const reason of ["BOUND", "RENEW", "PREINIT", "EXPIRE6", "", "junk; exit 3", undefined]) {
        const { status, stdout, stderr, before, after } = source(shell, program, reason);
        expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "went on\n", stderr: "" });
        expect(after).toEqual(before);
      }
    }
  });

  it("starts the program for every reason that tells something, for no other", () => {
    const told = (reason: string) => {
      rmSync(calls(), { force: true });
      source("dash", `echo "$reason $*" > ${calls()}`, reason);
      try {
        return readFileSync(calls(), "utf8");
      } catch {
        return undefined;
      }
    };
    for (const reason of "BOUND RENEW REBIND REBOOT TIMEOUT EXPIRE FAIL RELEASE STOP BOUND6 RENEW6 REBIND6 EXPIRE6 RELEASE6 STOP6".split(
      " ",
    )) {
      expect(told(reason)).toBe(`${reason} lease dhcp\n`);
    }
    for (const reason of ["PREINIT", "PREINIT6", "MEDIUM", "NBI", "DEPREF6", "ARPCHECK"]) expect(told(reason)).toBeUndefined();
  });
});

describe("the ppp hooks", () => {
  it.each([
    ["ip-up", "lease ppp up"],
    ["ip-down", "lease ppp down"],
    ["ipv6-up", "lease ppp6 up"],
    ["ipv6-down", "lease ppp6 down"],
  ])("%s tells what pppd said, and always ends well", (name, words) => {
    const said = join(folder, "said");
    const file = join(folder, name);
    const pppd = ["ppp0", "", "0", "203.0.113.77", "203.0.113.1", "a b"];
    for (const program of [`printf '%s|' "$@" > ${said}`, "exit 70", undefined]) {
      writeFileSync(file, hook(name, program));
      chmodSync(file, 0o755);
      expect(spawnSync(file, pppd, { encoding: "utf8" })).toMatchObject({ status: 0, stdout: "", stderr: "" });
    }
    expect(readFileSync(said, "utf8")).toBe(`${words.replaceAll(" ", "|")}|ppp0||0|203.0.113.77|203.0.113.1|`);
  });
});
