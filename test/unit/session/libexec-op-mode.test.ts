import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** The words it was called with and the variable that has to survive sudo. */
const PRINT = '#!/bin/sh\necho "program[$VYATTA_POLICY_ROUTE_SESSION]:$*"\n';
/** Stands for sudo: knows only the options we use, and keeps no variable. */
const sudo = (allowed: boolean): string => `#!/bin/sh
[ "$1" = -n ] || exit 99; shift
if [ "$1" = -l ]; then exit ${allowed ? 0 : 1}; fi
unset VYATTA_POLICY_ROUTE_SESSION
printf 'sudo '; exec "$@"
`;

let top = "";

function put(path: string, text: string): void {
  const file = join(top, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

function run(id: number, env: Record<string, string>, ...words: string[]): string {
  put("path/id", `#!/bin/sh\necho ${id}\n`);
  const result = spawnSync("dash", [join(top, "libexec/op-mode"), ...words], {
    env: { PATH: `${join(top, "path")}:/usr/bin:/bin`, ...env },
    encoding: "utf8",
  });
  return `${result.stdout}${result.stderr}`.trim();
}

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "policy route op-"));
  mkdirSync(join(top, "libexec"));
  cpSync(new URL("../../../libexec/op-mode", import.meta.url).pathname, join(top, "libexec/op-mode"));
  put("bin/policy-route", PRINT);
});

afterEach(() => rmSync(top, { recursive: true }));

describe("libexec/op-mode", () => {
  it("needs no sudo as root, and keeps words as they are", () => {
    put("path/sudo", sudo(true));
    expect(run(0, {}, "show", "uplink", "a; b")).toBe("program[]:show uplink a; b");
  });

  it("goes through sudo where sudo lets it, with the session's variable", () => {
    put("path/sudo", sudo(true));
    expect(run(1000, {}, "show")).toBe("sudo program[]:show");
    expect(run(1000, { VYATTA_POLICY_ROUTE_SESSION: "/run/s 1" }, "show")).toBe("sudo program[/run/s 1]:show");
  });

  it("shows a plain operator what it can", () => {
    put("path/sudo", sudo(false));
    expect(run(1000, { VYATTA_POLICY_ROUTE_SESSION: "/run/s" }, "show")).toBe("program[/run/s]:show");
  });
});
