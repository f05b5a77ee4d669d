import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { top } from "./definitions.ts";

/** dash where it is installed: the strictest shell the validators have to run in. */
const shell = existsSync("/bin/dash") ? "/bin/dash" : "/bin/sh";

function run(validator: string, ...args: string[]): { status: number | null; output: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(shell, [join(top, "libexec", validator), ...args], { encoding: "utf8", cwd: top });
  return { status, output: stdout, errors: stderr };
}

const PORTS = "ports are 1-65535, a range n-m or a name from /etc/services";
const hasServices = existsSync("/etc/services");

test.each([
  "80",
  "1",
  "65535",
  "143,80,443,8000",
  "9000-9099",
  "80-80",
  "!80",
  "!80,443,8000-8099",
  Array.from({ length: 500 }, (_, n) => n + 1).join(","),
])("port %s", (value) => {
  expect(run("validate-port", value)).toEqual({ status: 0, output: "", errors: "" });
});

test.each(["ssh", "http,https", "ms-sql-s", "!domain", "www"])("port name %s", (value) => {
  expect(run("validate-port", value)).toEqual({ status: 0, output: "", errors: "" });
});

test.runIf(hasServices)("a name that is not in /etc/services", () => {
  expect(run("validate-port", "80,nosuch")).toEqual({
    status: 1,
    output: `Invalid port "nosuch" in "80,nosuch": ${PORTS}\n`,
    errors: "",
  });
  expect(run("validate-port", "htt.").status, "a dot is a dot").toBe(1);
});

test.each([
  ["80,70000", `Invalid port "70000" in "80,70000": ${PORTS}\n`],
  ["90-80", 'Port range "90-80" is backwards\n'],
  ["", `Invalid port "": ${PORTS}\n`],
  ["70000", `Invalid port "70000": ${PORTS}\n`],
  ["!80,70000", `Invalid port "70000" in "80,70000": ${PORTS}\n`],
  ["*", `Invalid port "*": ${PORTS}\n`],
  ["*,80", `Invalid port "*" in "*,80": ${PORTS}\n`],
  ["80,,90", `Invalid port "" in "80,,90": ${PORTS}\n`],
  ["!!80", `Invalid port "!80": ${PORTS}\n`],
])("port %s is refused in plain words", (value, output) => {
  expect(run("validate-port", value)).toEqual({ status: 1, output, errors: "" });
});

const NASTY = [
  "",
  " ",
  "a b",
  "*",
  "?",
  "/*",
  "$(touch pwned)",
  "`touch pwned`",
  "; touch pwned",
  "a;b",
  "a&b",
  "a|b",
  "-x",
  "--",
  "-e",
  "!",
  "%s%n",
  "\\",
  "é",
  "a\nb",
  "80\n90",
  "x".repeat(100_000),
  "9".repeat(100_000),
];

test.each(
  ["0", "65536", "080", "0x50", "-80", "80-", "1-2-3", "80,", ",80", "99999999999999999999", ...NASTY].map(
    (value) => [value.slice(0, 30), value] as const,
  ),
)("port %j is refused", (_, value) => {
  const { status, output, errors } = run("validate-port", value);
  expect({ status, errors }).toEqual({ status: 1, errors: "" });
  expect(output).toContain(`"${value.replace(/^!/, "")}"`);
  expect(existsSync(join(top, "pwned"))).toBe(false);
});

test.each([
  ["uplink", "dsl"],
  ["uplink", "A"],
  ["group", "web-2_x"],
  ["uplink", "abcdefghijklmno"],
  ["table", "510sg"],
  ["table", "eth1_table"],
  ["table", "a".repeat(32)],
])("%s %s", (kind, value) => {
  expect(run("validate-name", kind, value)).toEqual({ status: 0, output: "", errors: "" });
});

test.each(["main", "local", "default", "unspec"])("%s is the kernel's own table", (name) => {
  for (const kind of ["uplink", "group", "table"]) {
    expect(run("validate-name", kind, name)).toEqual({
      status: 1,
      output: `"main", "local", "default" and "unspec" cannot be ${kind} names\n`,
      errors: "",
    });
  }
});

test.each(["all", "cache"])("%s would take a word away from ip route show table", (name) => {
  for (const kind of ["uplink", "group", "table"]) {
    expect(run("validate-name", kind, name)).toEqual({
      status: 1,
      output: `"all" and "cache" cannot be ${kind} names: "ip route show table" means something else by them\n`,
      errors: "",
    });
  }
});

test.each(
  [
    ["uplink", "510sg"],
    ["uplink", "abcdefghijklmnop"],
    ["uplink", "a.b"],
    ["group", "_a"],
    ["table", "100"],
    ["table", "0x64"],
    ["table", "a".repeat(33)],
    ["table", ".."],
    ...["uplink", "group", "table"].flatMap((kind) => NASTY.map((value) => [kind, value])),
  ].map(([kind = "", value = ""]) => [kind, value.slice(0, 30), value] as const),
)("%s %j is refused", (kind, _, value) => {
  const { status, output, errors } = run("validate-name", kind, value);
  expect({ status, errors }).toEqual({ status: 1, errors: "" });
  expect(output).toContain(`Invalid ${kind} name "${value}"`);
  expect(existsSync(join(top, "pwned"))).toBe(false);
});

test("the validators are POSIX sh: no bash words, no Node", () => {
  for (const name of ["validate-port", "validate-name"]) {
    const text = readFileSync(join(top, "libexec", name), "utf8");
    expect(text.startsWith("#!/bin/sh\n")).toBe(true);
    expect(text).not.toMatch(/\[\[ |\bfunction\b|\blocal [a-z]|\bdeclare\b|\$'|<<<|\bnode\b/);
  }
});
