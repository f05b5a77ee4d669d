import { Server, type ServerConnectionListener, utils } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { cli } from "../../src/cli.ts";
import { readConfigFile, readProposedConfig } from "../../src/host/config-source.ts";
import { takeLock } from "../../src/host/lock.ts";
import { readOrigins } from "../../src/host/observe-kernel.ts";
import { realHost } from "../../src/host/real-host.ts";
import { realSessionFiles } from "../../src/host/session-files.ts";
import { type RouterCli, readRouterRib } from "../../src/host/ssh-cli.ts";
import { parseApplied } from "../../src/parse-applied.ts";
import { pathsBelow } from "../../src/paths.ts";
import { VerifyError } from "../../src/verify-error.ts";
import { newFolder, open, removeFolders } from "./session/open.ts";
import { type Answers, memoryHost } from "./uplink/memory-host.ts";

/** What an operator is told of a machine that is not as it should be; what is told of a configuration is in messages.txt. */
const host = realHost({ PATH: "/usr/bin:/bin" });
const paths = pathsBelow("");

it.each<[message: string, does: () => Promise<unknown>]>([
  ["cannot make /dev/null/x: there is no such folder", () => takeLock("/dev/null/x/lock", 0)],
  ["cannot open /dev: it is a folder", () => takeLock("/dev", 0)],
  ["cannot read /etc: it is a folder", () => host.read("/etc")],
  ["cannot write /dev/null/x/file: there is no such folder", () => host.write("/dev/null/x/file", "")],
  ["cannot write /dev/null/x/file: there is no such folder", () => realSessionFiles.replaceKeepingOwner("/dev/null/x/file", "")],
  ["cannot make a session folder in /dev/null/x: there is no such folder", () => realSessionFiles.openFolder("/dev/null/x")],
  ["cannot read /config/config.boot: there is no such file", () => readConfigFile(memoryHost({}).host, "/config/config.boot")],
  [
    "f, line 2, column 1: found the end of the text, expected the version line that the router writes last (is the file cut off?)",
    () => readConfigFile(memoryHost({ f: "interfaces {\n}" }).host, "f"),
  ],
  ["f, line 2, column 1: found an empty file, expected a configuration", () => readConfigFile(memoryHost({ f: "\n" }).host, "f")],
  [
    "cannot read s/proposed.config: the configuration session did not write it",
    () => readProposedConfig(memoryHost({}).host, { VYATTA_POLICY_ROUTE_SESSION: "s" }),
  ],
  [
    "cli-shell-api is not installed: a commit runs inside the router's configuration session. Elsewhere it is 'policy-route configure', or 'policy-route apply --config FILE'",
    () => readProposedConfig({ ...host, run: async () => ({ exitCode: 127, stdout: "", stderr: "" }) }, {}),
  ],
  [
    "sysctls.json is damaged. Remove it to give up what is remembered of sysctls",
    () => readOrigins(memoryHost({ "sysctls.json": "{" }).host, "sysctls.json"),
  ],
  [
    '/run/policy-route/applied.config is damaged (policy-route backend: "x" must be auto, iptables or nftables): commit again',
    () => parseApplied({ host: memoryHost({}).host, paths, env: {}, out: () => {}, err: () => {} }, "set policy-route backend x"),
  ],
])("%s", async (message, does) => {
  await expect(does()).rejects.toThrow(message);
});

it("programs that are missing, or hang", async () => {
  expect((await host.run(["no-such-program"])).stderr).toContain("no-such-program is not installed");
  expect((await host.run(["sleep", "60"], { timeout: 200 })).stderr).toContain("no answer within 0.2 s, killed");
});

it("what the kernel does not hold after all", () => {
  expect(new VerifyError(["sysctl a was 0"], ["table 20 is empty"]).message).toBe(
    "the kernel does not hold what was asked for\n  table 20 is empty\n  right after it was applied: sysctl a was 0",
  );
});

describe("generate ssh-key", () => {
  const key = utils.generateKeyPairSync("ed25519").public.split(" ").slice(0, 2).join(" ");
  const other = utils.generateKeyPairSync("ed25519").public.split(" ").slice(0, 2).join(" ");
  const said = async (scanned: string, files: Record<string, string> = {}) => {
    const folder = "/config/auth/policy-route";
    const answers: Answers = {
      [`install -d -m 0700 ${folder}`]: "",
      [`ssh-keygen -q -t ed25519 -N  -C policy-route -f ${folder}/id_ed25519`]: "",
      [`chmod 0600 ${folder}/id_ed25519`]: "",
      [`ssh-keygen -y -f ${folder}/id_ed25519`]: "ssh-ed25519 AAAA policy-route\n",
      "ssh-keyscan -T 5 -p 22 -t ed25519,ecdsa,rsa 127.0.0.1": scanned,
    };
    let text = "";
    const out = (more: string) => {
      text += more;
    };
    const surroundings = { host: memoryHost(files, answers).host, env: {}, out, err: out };
    await cli(["generate", "ssh-key"], surroundings).catch((error: Error) => out(error.message));
    return text;
  };

  it("says what to compare and what to paste", async () => {
    expect(await said(`127.0.0.1 ${key}\n`)).toMatch(
      /^Key: {6}\S+ \(new\)\nHost key: \S+, of 127\.0\.0\.1 port 22\n {10}SHA256:\S+\n\nCompare the fingerprints with "ssh-keygen -lf" on the router's console, then paste in configuration mode:\n\nset system login user vyos authentication public-keys policy-route type 'ssh-ed25519'\nset system login user vyos authentication public-keys policy-route key 'AAAA'\nset policy-route router-access private-key '\S+'\nset policy-route router-access host-key '\S+'\n$/,
    );
  });

  it("says why there is no host key, or that it is another now", async () => {
    expect(await said("")).toBe('no ssh server answers at 127.0.0.1 port 22: is "service ssh" configured?');
    expect(await said(`127.0.0.1 ${key}\n`, { "/config/auth/policy-route/host_key.pub": other })).toMatch(
      /^the host key of 127\.0\.0\.1 port 22 has changed: pinned SHA256:\S+, offered SHA256:\S+\. If that is right, delete \/config\/auth\/policy-route\/host_key\.pub and try again$/,
    );
  });
});

describe("the router's CLI over ssh", () => {
  const own = utils.generateKeyPairSync("ed25519");
  const hostKey = utils.generateKeyPairSync("ed25519");
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Asks a server that behaves so. */
  async function ask(behaves: ServerConnectionListener, changes: Partial<RouterCli> = {}): Promise<unknown> {
    const server = new Server({ hostKeys: [hostKey.private] }, (client, info) => {
      client.on("error", () => {});
      behaves(client, info);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    return await readRouterRib({
      address: "127.0.0.1",
      port,
      user: "vyos",
      privateKey: own.private,
      hostKey: hostKey.public,
      timeout: 10_000,
      ...changes,
    });
  }
  const answering =
    (text: string): ServerConnectionListener =>
    (client) => {
      client.on("authentication", (context) => context.accept());
      client.on("session", (accept) =>
        accept().on("exec", (acceptExec) => {
          const stream = acceptExec();
          stream.write(text);
          stream.exit(0);
          stream.end();
        }),
      );
    };

  it.each<[message: string, behaves: ServerConnectionListener, changes?: Partial<RouterCli>]>([
    ["the private key cannot be read (", () => {}, { privateKey: "no key" }],
    ["host-key is neither a fingerprint (SHA256:...) nor a file with a public key", () => {}, { hostKey: "what" }],
    [
      "the router refused the key (is its public half in system login user?)",
      (client) => client.on("authentication", (context) => context.reject()),
    ],
    ["the router closed the connection", (client) => client.on("authentication", () => client.end())],
    ['the answer to "show ip route 0.0.0.0/0" makes no sense: "Invalid command"', answering("Invalid command\n")],
    [
      "the router runs no commands (",
      (client) => {
        client.on("authentication", (context) => context.accept());
        client.on("session", (accept) => accept().on("exec", (_, reject) => reject?.()));
      },
    ],
    ["; nothing was sent. If that is right, pin it anew", () => {}, { hostKey: utils.generateKeyPairSync("ed25519").public }],
    [
      "the CLI did not answer within 0.7 s",
      (client) => {
        client.on("authentication", (context) => context.accept());
        client.on("session", (accept) => accept().on("exec", (acceptExec) => acceptExec()));
      },
      { timeout: 700 },
    ],
  ])("%s", async (message, behaves, changes) => {
    await expect(ask(behaves, changes)).rejects.toThrow(message);
    await expect(ask(behaves, changes)).rejects.toThrow(/^router-access vyos@127\.0\.0\.1:\d+: \S/);
  });
});

describe("a configuration session", () => {
  afterEach(removeFolders);

  it("refuses to lose edits, and says how not to", async () => {
    const { type } = await open();
    await type("set policy-route rule 10 protocol tcp");
    expect(await type("exit")).toContain(
      "Cannot exit: configuration modified.\nUse 'exit discard' to discard the changes and exit.\n",
    );
    expect(await type("load")).toContain(
      "Cannot load: configuration modified.\nCommit or discard the changes before loading a config file.\n",
    );
    expect(await type("edit policy-route", "copy rule 10 to group x")).toContain('Cannot copy from "rule" to "group"');
    expect(await type("edit rule 10", "copy protocol tcp to protocol udp")).toContain('Cannot copy under "protocol"');
  });

  it("leaves files alone that are no configuration", async () => {
    const root = newFolder();
    const file = pathsBelow(root).configBoot;
    await host.write(file, "}\n");
    let greeting = "";
    const { type } = await open(root, undefined, (text) => {
      greeting += text;
    });
    expect(greeting).toContain(`Nothing is running yet, and ${file} cannot be read: ${file}, line 1, column 1: found "}"`);
    expect(await type("save")).toContain(
      `${file} is not a configuration file (line 1 closes a brace that is not open): not touched\nSave failed`,
    );
    await host.write(file, "interfaces {\n");
    expect(await type("save")).toContain("is not a configuration file (it ends in the middle of a section): not touched");
  });
});
