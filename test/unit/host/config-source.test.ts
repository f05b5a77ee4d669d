import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderSetCommands } from "../../../src/config/render-tree.ts";
import { kindOfRouterPath } from "../../../src/config/schema-paths.ts";
import { ConfigSyntaxError } from "../../../src/config/syntax-error.ts";
import { type FoundConfig, readConfigFile, readProposedConfig, readRunningConfig } from "../../../src/host/config-source.ts";
import { CommandError, HostError } from "../../../src/host/host.ts";
import { realHost } from "../../../src/host/real-host.ts";
import { pathsOfUsers } from "../../../src/uplink/configured-users.ts";
import { MARK_USERS } from "../../../src/uplink/mark-users.ts";

const FAKE = join(dirname(fileURLToPath(import.meta.url)), "fake-cli-shell-api.sh");
const RULE = "set 'policy-route' 'rule' '10' 'action' 'drop'\n";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-route-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A router's engine in a folder of its own, with these sections; as seen from inside `edit policy-route rule 20`. */
function engine(sections: Readonly<Record<string, string>>): { host: ReturnType<typeof realHost>; env: Record<string, string> } {
  copyFileSync(FAKE, join(folder, "cli-shell-api"));
  for (const [name, text] of Object.entries(sections)) writeFileSync(join(folder, name), text);
  const env = {
    PATH: `${folder}:/usr/bin:/bin`,
    VYATTA_CONFIG_TMP: "/tmp/session",
    VYATTA_EDIT_LEVEL: "/policy-route/rule/20",
    VYATTA_TEMPLATE_LEVEL: "/policy-route/rule/node.tag",
    SECRET: "not for others",
  };
  return { host: realHost(env), env };
}

function linesOf(found: FoundConfig): string {
  return renderSetCommands(found.router, kindOfRouterPath);
}

describe("the proposed configuration, from the router's engine", () => {
  it("is read from wherever the user edits, with what the checks need to know", async () => {
    const { host, env } = engine({
      "working-policy-route": `${RULE}comment 'policy-route' 'rule' '10' 'what for'\n`,
      "active-policy-route": "set 'policy-route' 'disable'\n",
      "working-interfaces": "set 'interfaces' 'ethernet' 'eth1' 'address' 'dhcp'\n",
      "working-load-balancing": "set 'load-balancing' 'wan'\n",
      "working-policy":
        "set 'policy' 'prefix-list' 'P' 'rule' '5'\nset 'policy' 'route' 'LAN' 'rule' '10' 'set' 'table' '100'\n" +
        "set 'policy' 'local-route' 'rule' '50' 'set' 'table' '30'\n",
      "working-rest":
        "set 'vrf' 'name' 'red' 'table' '200'\nset 'vpn' 'ipsec' 'ike-group' 'I'\nset 'vpn' 'l2tp' 'x'\n" +
        "set 'firewall' 'ipv4' 'prerouting' 'raw' 'rule' '5' 'set' 'mark' '7'\nset 'firewall' 'name' 'IN' 'rule' '5' 'action' 'drop'\n" +
        "set 'system' 'login' 'user' 'a' 'plaintext-password' 'two\nlines'\n",
    });
    const found = await readProposedConfig(host, env);
    expect(linesOf(found).split("\n").sort().join("\n")).toBe(`
set 'firewall' 'ipv4' 'prerouting' 'raw' 'rule' '5' 'set' 'mark' '7'
set 'interfaces' 'ethernet' 'eth1' 'address' 'dhcp'
set 'load-balancing' 'wan'
set 'policy' 'local-route' 'rule' '50' 'set' 'table' '30'
set 'policy' 'route' 'LAN' 'rule' '10' 'set' 'table' '100'
set 'policy-route' 'rule' '10' 'action' 'drop'
set 'vpn' 'ipsec' 'ike-group' 'I'
set 'vrf' 'name' 'red' 'table' '200'`);
    expect(found.tree?.children.has("rule")).toBe(true);
    expect(readFileSync(join(folder, "calls"), "utf8").trim().split("\n")).toHaveLength(2);
  });

  it("has every path by which a user of marks is known", async () => {
    const paths = MARK_USERS.flatMap(({ configured = [] }) => configured.map(({ path }) => path.replaceAll("*", "7")));
    const lines = paths.map((path) => `set ${path.replace(/\S+/g, "'$&'")}\n`).join("");
    const { host, env } = engine({ "working-all": lines });
    expect(pathsOfUsers((await readProposedConfig(host, env)).router).sort()).toEqual([...paths].sort());
  });

  it("has the firewall only where a rule names a group of it", async () => {
    const group = "set 'policy-route' 'rule' '10' 'source' 'group' 'address-group' '!LAN'\n";
    const firewall = "set 'firewall' 'group' 'address-group' 'LAN' 'address' '10.0.0.1'\n";
    const { host, env } = engine({ "working-policy-route": RULE + group, "working-firewall": firewall });
    const { router } = await readProposedConfig(host, env);
    expect(renderSetCommands(router, kindOfRouterPath)).toContain(firewall);
    expect(readFileSync(join(folder, "calls"), "utf8").trim().split("\n")).toHaveLength(2);
    writeFileSync(join(folder, "working-policy-route"), RULE);
    expect((await readProposedConfig(host, env)).router.children.has("firewall")).toBe(false);
  });

  it("is not configured when the subtree was deleted", async () => {
    const { host, env } = engine({ "active-policy-route": RULE });
    const found = await readProposedConfig(host, env);
    expect(found.tree).toBeUndefined();
    expect(found.router.children.size).toBe(0);
  });

  it("is configured and empty when the engine shows nothing below it", async () => {
    const { host, env } = engine({ "working-policy-route": "" });
    expect((await readProposedConfig(host, env)).tree?.children.size).toBe(0);
  });

  it("is an error, not an empty configuration, when the engine answers with something else", async () => {
    const { host, env } = engine({ "working-policy-route": "Specified configuration path is not valid\n" });
    await expect(readProposedConfig(host, env)).rejects.toThrow(CommandError);
    await expect(readProposedConfig(host, env)).rejects.toThrow("Specified configuration path is not valid");
    writeFileSync(join(folder, "working-policy-route"), "set 'policy-route' 'rule\n");
    await expect(readProposedConfig(host, env)).rejects.toThrow(ConfigSyntaxError);
  });

  it("is an error outside a router", async () => {
    const env = { PATH: folder };
    await expect(readProposedConfig(realHost(env), env)).rejects.toThrow("cli-shell-api is not installed");
  });
});

describe("the running configuration", () => {
  it("is the engine's active one, where there is an engine", async () => {
    const { host, env } = engine({ "working-policy-route": RULE, "active-policy-route": "set 'policy-route' 'disable'\n" });
    expect(linesOf(await readRunningConfig(host, env, "/nowhere"))).toBe("set 'policy-route' 'disable'\n");
  });

  it.each(["3", "1"])("knows an empty answer of engines that exit with %s", async (exit) => {
    const { host, env } = engine({ "working-policy-route": RULE });
    const fake = readFileSync(FAKE, "utf8").replace(`\${FAKE_EMPTY_EXIT:-3}`, exit);
    writeFileSync(join(folder, "cli-shell-api"), fake, { mode: 0o755 });
    expect((await readRunningConfig(host, env, "/nowhere")).tree).toBeUndefined();
  });

  it("is the embedded session's otherwise; none yet is not configured", async () => {
    const env = { PATH: folder };
    const file = join(folder, "active.config");
    expect((await readRunningConfig(realHost(env), env, file)).tree).toBeUndefined();
    writeFileSync(file, RULE);
    expect(linesOf(await readRunningConfig(realHost(env), env, file))).toBe(RULE);
  });
});

describe("the embedded session's configuration", () => {
  it("comes from the session's folder, and the engine is not asked", async () => {
    const { host, env } = engine({ "working-policy-route": "set 'policy-route' 'disable'\n" });
    const inSession = { ...env, VYATTA_POLICY_ROUTE_SESSION: folder };
    writeFileSync(join(folder, "proposed.config"), RULE);
    writeFileSync(join(folder, "active.config"), "");
    expect(linesOf(await readProposedConfig(host, inSession))).toBe(RULE);
    expect((await readRunningConfig(host, inSession, "/nowhere")).tree).toBeUndefined();
    expect(existsSync(join(folder, "calls"))).toBe(false);
  });

  it("is an error when the session wrote none", async () => {
    const env = { VYATTA_POLICY_ROUTE_SESSION: folder };
    await expect(readProposedConfig(realHost(env), env)).rejects.toThrow(HostError);
  });
});

describe("a configuration file", () => {
  const read = async (text: string) => {
    writeFileSync(join(folder, "config.boot"), text);
    return readConfigFile(realHost({}), join(folder, "config.boot"));
  };
  const ROUTER = "interfaces {\n    loopback lo {\n    }\n}\npolicy-route {\n    rule 10 {\n        action drop\n    }\n}\n";

  it("is a whole router's, of which policy-route is a part", async () => {
    const found = await read(`${ROUTER}// vyos-config-version: "x@1"\n`);
    expect(found.tree?.children.has("rule")).toBe(true);
    expect(found.router.children.has("interfaces")).toBe(true);
  });

  it("may be policy-route alone, or set lines", async () => {
    expect(linesOf(await read("policy-route {\n    rule 10 {\n        action drop\n    }\n}\n"))).toBe(RULE);
    expect(linesOf(await read(`# example\n\n${RULE}`))).toBe(RULE);
    expect((await read('system {\n    host-name r\n}\n// vyos-config-version: "x@1"\n')).tree).toBeUndefined();
  });

  it("is an error when it is empty, missing, or a router's without its last line", async () => {
    await expect(read("")).rejects.toThrow("found an empty file");
    await expect(readConfigFile(realHost({}), join(folder, "other"))).rejects.toThrow("there is no such file");
    await expect(read(ROUTER)).rejects.toThrow("is the file cut off?");
    await expect(read("interfaces {\n    loopback lo {\n    }\n}\n")).rejects.toThrow("is the file cut off?");
  });

  it("is an error when it is binary, and says where", async () => {
    writeFileSync(join(folder, "config.boot"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff]));
    await expect(readConfigFile(realHost({}), join(folder, "config.boot"))).rejects.toMatchObject({
      line: 1,
      column: 1,
      found: "byte 0x7f",
    });
  });
});
