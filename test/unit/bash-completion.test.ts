import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { completionLines } from "../../src/node-defs/bash-completion.ts";
import { sources, top } from "./node-defs/definitions.ts";
import { told } from "./node-defs/told.ts";

const root = mkdtempSync(join(tmpdir(), "policy-route-completion-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(join(root, "run/policy-route"), { recursive: true });
writeFileSync(
  join(root, "run/policy-route/applied.config"),
  [
    "set 'policy-route' 'uplink' 'dsl' 'interface' 'eth1'",
    "set 'policy-route' 'uplink' 'dsl' 'gateway' 'dhcp'",
    "set 'policy-route' 'uplink' 'lte'",
    "set 'policy-route' 'group' 'web' 'uplink' 'hidden'",
    "set 'policy-route' 'rule' '10' 'set' 'group' 'web'",
    "set 'policy-route' 'rule' '100'",
    "",
  ].join("\n"),
);

/** What bash offers after this line, when TAB is pressed at its end; names come from the configuration above. */
function offered(line: string): string[] {
  const words = `policy-route --root ${root} ${line}`.split(" ");
  const script = `
    source "$1"; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _policy_route
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["--norc", "-uc", script, "bash", join(top, "debian/policy-route.bash"), ...words],
    { encoding: "utf8" },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout
    .split("\n")
    .filter((word) => word !== "")
    .sort();
}

describe("TAB after policy-route", () => {
  it("offers commands, and the words of each", () => {
    expect(offered("pl")).toEqual(["plan"]);
    expect(offered("")).toEqual(expect.arrayContaining(["apply", "configure", "force", "show", "uninstall"]));
    expect(offered("show ")).toEqual(expect.arrayContaining(["uplink", "group", "rule", "marks", "events"]));
    expect(offered("show up")).toEqual(["uplink"]);
    expect(offered("force ")).toEqual(["group", "uplink"]);
    expect(offered("generate ")).toEqual(["ssh-key"]);
  });

  it("offers names of the configuration that was last applied", () => {
    expect(offered("show uplink ")).toEqual(expect.arrayContaining(["dsl", "lte"]));
    expect(offered("show uplink ds")).toEqual(["dsl"]);
    expect(offered("show group ")).toEqual(expect.arrayContaining(["web"]));
    expect(offered("show rule 1")).toEqual(["10", "100"]);
    expect(offered("show table ")).toEqual(expect.arrayContaining(["dsl", "lte", "web"]));
    expect(offered("force uplink dsl ")).toEqual(["auto", "down", "up"]);
    expect(offered("force group web ")).toEqual(["failback"]);
    expect(offered("test uplink ")).toEqual(["dsl", "lte"]);
  });

  it("offers the words of explain in any order, each once", () => {
    expect(offered("explain ")).toEqual(expect.arrayContaining(["destination", "inbound", "protocol", "source", "tcp-flags"]));
    expect(offered("explain destination 192.0.2.1 so")).toEqual(["source", "source-port"]);
    expect(offered("explain protocol ")).toEqual(["icmp", "icmpv6", "tcp", "udp"]);
    expect(offered("explain destination 192.0.2.1 source ")).toEqual([]);
    expect(offered("explain source-port 7 protocol tcp source 192.0.2.1 s")).toEqual(["state"]);
    expect(offered("explain source 192.0.2.1 --")).toEqual(["--json"]);
  });

  it("offers options where they belong, when one is begun", () => {
    expect(offered("show --")).toEqual(["--json"]);
    expect(offered("show uplink dsl --")).toEqual(["--json"]);
    expect(offered("apply ")).toEqual(["--boot", "--config"]);
    expect(offered("plan --")).toEqual(["--check", "--config", "--json"]);
    expect(offered("-")).toEqual(expect.arrayContaining(["--help", "--version"]));
    expect(offered("restart --")).toEqual([]);
  });

  it("offers nothing after what is no command, and nothing without a configuration", () => {
    expect(offered("shwo ")).toEqual([]);
    expect(offered("show uplink dsl ")).not.toContain("lte");
    rmSync(join(root, "run/policy-route/applied.config"));
    expect(offered("test uplink ")).toEqual([]);
  });
});

it("knows every command and every option of the program, and no other", async () => {
  const commands = await told();
  const lines = completionLines(sources, commands);
  expect(commands.length).toBeGreaterThan(9);
  expect(offered("").filter((word) => !word.startsWith("-"))).toEqual(commands.map(({ name }) => name).sort());
  for (const { name, options } of commands) {
    const wanted = options.map((option) => option.split(" ")[0] ?? "");
    if (lines.some((line) => line.startsWith(`${name} * `))) {
      expect(offered(`${name} --`), name).toEqual(wanted);
      continue;
    }
    const completed = lines.filter((line) => line.split(" ")[0] === name).flatMap((line) => line.match(/--[a-z-]+/g) ?? []);
    expect([...new Set(completed)].sort(), name).toEqual([...wanted].sort());
    expect(offered(`${name} -`), name).toEqual(expect.arrayContaining(lines.includes(`${name} ${wanted[0]}`) ? [wanted[0]] : []));
  }
});
