import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Config } from "../../src/config/schema.ts";
import type { Facts } from "../../src/uplink/facts.ts";
import { NO_LIVENESS } from "../../src/uplink/liveness.ts";
import { resolveUplinks } from "../../src/uplink/resolve-uplinks.ts";
import { type RibDefault, ribReports } from "../../src/uplink/rib-default.ts";
import { bundleEntry } from "../support/bundle-entry.ts";
import { makeRouterRoot, ROUTER, startRouterCli } from "../support/lab-router.ts";
import { until } from "../support/lab-wait.ts";
import { openWorld, type World } from "../support/lab-world.ts";

const KEY = "/config/auth/policy-route/id_ed25519";
const PIN = "/config/auth/policy-route/host_key.pub";
const WRAPPER = "/opt/vyatta/bin/vyatta-op-cmd-wrapper";
/** What VyOS runs, with a note of the connection each command came by. */
const VTYSH = '#!/bin/sh\necho "$SSH_CONNECTION: $*" >> /tmp/asked\nexec vtysh -c "$*"\n';
/** A router of an older generation. */
const TEXT_ONLY = `#!/bin/sh
echo "$SSH_CONNECTION: $*" >> /tmp/asked
case "$*" in *json) printf '\\n  Invalid command: show ip route 0.0.0.0/0 [json]\\n\\n'; exit 1 ;; esac
exec vtysh -c "$*"
`;

let world: World;
let cli: { address: string; port: number; user: string; privateKey: string; hostKey: string; timeout: number };

const must = (script: string, ...words: string[]) => world.must(ROUTER, ["sh", "-euc", script, "test", ...words]);
const read = (file: string) => must('cat "$1"', file);
const asked = async () => (await world.exec(ROUTER, ["cat", "/tmp/asked"])).stdout.split("\n").filter(Boolean);
const wrapper = (text: string) => world.must(ROUTER, ["sh", "-euc", `rm -f /tmp/asked; cat > ${WRAPPER}`], { stdin: text });

async function inside<T>(words: Record<string, unknown>): Promise<T> {
  const text = await world.must(ROUTER, ["node", "/run/entry.cjs"], { stdin: JSON.stringify(words) });
  const { answer, error, name } = JSON.parse(text);
  if (error !== undefined) throw Object.assign(new Error(error), { name });
  return answer as T;
}
/** Sorted: FRR gives the routes in the order they changed. */
const rib = async (more: Partial<typeof cli> = {}) =>
  (await inside<RibDefault[]>({ what: "rib", ...cli, ...more })).sort((a, b) => a.distance - b.distance);

beforeAll(async () => {
  world = await openWorld("router");
  await world.must(undefined, ["sh", "-euc", "mount -t tmpfs tmpfs /run; mkdir /run/lab; ip netns add router; ip netns add far"]);
  const wires = ["eth1", "eth2"].map((name) => `link add ${name} netns router type veth peer name ${name} netns far`);
  await world.must(undefined, ["ip", "-batch", "-"], { stdin: `${wires.join("\n")}\n` });
  const far = ["link set eth1 up", "link set eth2 up"];
  await world.must({ netns: "far" }, ["ip", "-batch", "-"], { stdin: `${far.join("\n")}\n` });
  const near = [
    "link set lo up",
    "link set eth1 up",
    "link set eth2 up",
    "addr add 198.51.100.7/24 dev eth1",
    "addr add 203.0.113.7/24 dev eth2",
  ];
  await world.must({ netns: "router" }, ["ip", "-batch", "-"], { stdin: `${near.join("\n")}\n` });
  await makeRouterRoot(world, "iptables-nft");
  await world.must(ROUTER, ["sh", "-euc", "cat > /run/entry.cjs"], { stdin: await bundleEntry("test/lab/router-cli-entry.ts") });
  await startRouterCli(world);
  await must("touch /etc/frr/frr.conf; chmod 1777 /tmp");
  for (const daemon of ["zebra", "staticd"]) {
    world.start(ROUTER, [`/usr/lib/frr/${daemon}`, "-f", "/etc/frr/frr.conf", "-P", "0", "-u", "frr", "-g", "frr"], {
      stdio: "ignore",
    });
    await until(daemon, async () => (await world.exec(ROUTER, ["vtysh", "-c", "show daemons"])).stdout.includes(daemon));
  }
  cli = { address: "127.0.0.1", port: 22, user: "vyos", privateKey: await read(KEY), hostKey: await read(PIN), timeout: 5000 };
});

afterAll(() => world?.stop());

beforeEach(() => wrapper(VTYSH));

/** What VyOS's DHCP client does with a default route, and the default of another line that wins. */
const DHCP_DEFAULT = "ip route 0.0.0.0/0 198.51.100.1 eth1 tag 210 210";
const vtysh = (...commands: string[]) =>
  world.must(ROUTER, ["vtysh", ...["configure terminal", ...commands].flatMap((command) => ["-c", command])]);

const EXPECTED = [
  { protocol: "static", best: true, distance: 1, nexthops: [{ interface: "eth2", gateway: "203.0.113.1", active: true }] },
  { protocol: "static", best: false, distance: 210, nexthops: [{ interface: "eth1", gateway: "198.51.100.1", active: true }] },
];

describe("the RIB of a real FRR behind a real sshd", () => {
  it("no default route at all", async () => {
    expect(await rib()).toEqual([]);
    await wrapper(TEXT_ONLY);
    expect(await rib()).toEqual([]);
  });

  it("JSON: the DHCP default though another won; one command", async () => {
    await vtysh(DHCP_DEFAULT, "ip route 0.0.0.0/0 203.0.113.1");
    await until(
      "both routes",
      async () => (await world.must(ROUTER, ["ip", "route"])).match(/^default .*via 203\.0\.113\.1/m) !== null,
    );
    expect(await rib()).toEqual(EXPECTED);
    expect(await asked()).toEqual([expect.stringMatching(/: show ip route 0\.0\.0\.0\/0 json$/)]);
  });

  it("text, where the router has no JSON; over the same connection", async () => {
    await wrapper(TEXT_ONLY);
    expect(await rib()).toEqual(EXPECTED);
    const [json = "", text = ""] = await asked();
    expect(text).toBe(json.replace(/ json$/, ""));
  });

  it("by a pinned fingerprint as well as by a key file", async () => {
    const fingerprint = (await must('ssh-keygen -lf "$1"', PIN)).split(" ")[1] ?? "";
    expect(fingerprint).toMatch(/^SHA256:/);
    expect(await rib({ hostKey: fingerprint })).toEqual(EXPECTED);
    expect(await rib({ hostKey: `[127.0.0.1]:22 ${cli.hostKey}` })).toEqual(EXPECTED);
  });
});

describe("what can be wrong", () => {
  it("a key the router does not know", async () => {
    await must("rm -f /run/other*; ssh-keygen -q -t ed25519 -N '' -f /run/other");
    const privateKey = await read("/run/other");
    await expect(rib({ privateKey })).rejects.toThrow(/^router-access vyos@127\.0\.0\.1:22: the router refused the key/);
  });

  it("a key that is none", async () => {
    await expect(rib({ privateKey: "junk" })).rejects.toThrow(/: the private key cannot be read \(/);
  });

  it("another host key: both are named, and the key is not tried", async () => {
    const hostKey = await read("/run/other.pub");
    const fingerprints = [await must("ssh-keygen -lf /run/other.pub"), await must('ssh-keygen -lf "$1"', PIN)].map(
      (line) => line.split(" ")[1],
    );
    const changed = `the host key has changed: pinned ${fingerprints[0]}, offered ${fingerprints[1]}; nothing was sent`;
    await expect(rib({ hostKey })).rejects.toThrow(changed);
    expect(await asked()).toEqual([]);
    await expect(rib({ hostKey: "nonsense" })).rejects.toThrow(/host-key is neither a fingerprint/);
  });

  it("nobody there", async () => {
    await expect(rib({ port: 2 })).rejects.toThrow(/: unreachable \(ECONNREFUSED\)$/);
    await expect(rib({ address: "10.255.255.1" })).rejects.toThrow(/: (unreachable \(|no answer within)/);
  });

  it("a server that says nothing, a CLI that hangs: the time is up", async () => {
    const silent = world.start(ROUTER, ["socat", "TCP-LISTEN:2222,reuseaddr,fork", "EXEC:sleep 20"], { stdio: "ignore" });
    await until("the silent server", async () => (await world.must(ROUTER, ["ss", "-ltn"])).includes(":2222"));
    await expect(rib({ port: 2222, timeout: 700 })).rejects.toThrow(/: no answer within 0\.7 s$/);
    silent.kill("SIGKILL");
    await wrapper("#!/bin/sh\nexec sleep 20\n");
    await expect(rib({ timeout: 1500 })).rejects.toThrow(/: the CLI did not answer within 1\.5 s$/);
  });

  it("a CLI that talks of something else", async () => {
    await wrapper("#!/bin/sh\nprintf '\\nWelcome to VyOS\\nblah\\n'\n");
    await expect(rib()).rejects.toThrow('the answer to "show ip route 0.0.0.0/0" makes no sense: "Welcome to VyOS"');
  });

  it("no error has a secret in it, all are HostErrors", async () => {
    const error = await rib({ port: 2 }).catch((reason: Error) => reason as Error);
    expect(error).toMatchObject({ name: "HostError" });
    expect(JSON.stringify(error)).not.toContain("PRIVATE");
  });
});

/** No probes, and no word of the operator's. */
const NOBODY = { liveness: NO_LIVENESS, forced: new Map() };

describe("a DHCP uplink without hook and lease", () => {
  const config = {
    uplink: {
      dsl: {
        interface: "eth1",
        gateway: "dhcp",
        disable: false,
        onlink: false,
        "source-address": "auto",
        "source-nat": "disable",
      },
    },
    "router-access": { address: "127.0.0.1", port: 22, user: "vyos", timeout: 5, disable: false },
  } as unknown as Config;
  const resolve = async () => {
    const gathered = await inside<Pick<Facts, "links" | "problems"> & { reports: Facts["gateways"] }>({ what: "gather", config });
    const facts = {
      now: Math.floor(Date.now() / 1000),
      links: gathered.links,
      gateways: gathered.reports,
      ...NOBODY,
    } as unknown as Facts;
    return { ...gathered, route: resolveUplinks(config, facts).uplinks[0]?.routes.ipv4 };
  };

  it("has its gateway from the router's CLI, though the kernel has no route out of it", async () => {
    const { route, problems } = await resolve();
    expect(problems).toEqual([]);
    expect(route).toMatchObject({
      kind: "gateway",
      gateway: "198.51.100.1",
      learntFrom: "router-cli",
      sourceAddress: "198.51.100.7",
    });
  });

  it("does not ask, and does not believe FRR, when the line is dead", async () => {
    await world.must(ROUTER, [
      "ip",
      "route",
      "add",
      "default",
      "via",
      "198.51.100.1",
      "dev",
      "eth1",
      "metric",
      "500",
      "proto",
      "dhcp",
    ]);
    await until("FRR to see it", async () => (await rib()).some((route) => route.protocol === "kernel"));
    await world.must({ netns: "far" }, ["ip", "link", "set", "eth1", "down"]);
    await until("carrier loss", async () => (await world.must(ROUTER, ["ip", "link", "show", "eth1"])).includes("NO-CARRIER"));
    const kernelRoutes = (await rib()).filter((route) => route.protocol === "kernel");
    expect(kernelRoutes[0]?.nexthops).toEqual([{ interface: "eth1", gateway: "198.51.100.1", active: true }]);
    await wrapper(VTYSH);
    const { links } = await resolve();
    expect(await asked()).toEqual([]);
    const facts = { now: 0, links, gateways: ribReports(kernelRoutes, 0), ...NOBODY } as unknown as Facts;
    expect(resolveUplinks(config, facts).uplinks[0]?.routes.ipv4.reason).toMatch(/^eth1 has no carrier/);
    await world.must(ROUTER, ["ip", "route", "del", "default", "dev", "eth1"]);
    await world.must({ netns: "far" }, ["ip", "link", "set", "eth1", "up"]);
    await until("the line to be back", async () => (await rib()).length === EXPECTED.length);
  });

  it("says what is wrong with the CLI, and goes on", async () => {
    await wrapper("#!/bin/sh\necho nonsense\n");
    const { route, problems } = await resolve();
    expect(problems).toEqual([{ source: "router-cli", message: expect.stringContaining('makes no sense: "nonsense"') }]);
    expect(route).toMatchObject({ kind: "none", reason: "no DHCP lease on eth1 yet" });
  });
});

describe("generate ssh-key", () => {
  const generate = () => inside<{ exitCode: number; out: string }>({ what: "generate" });

  it("makes a key that only root reads, pins the host key, prints lines that work when pasted", async () => {
    await must("rm -rf /config/auth/policy-route");
    const { exitCode, out } = await generate();
    expect(exitCode).toBe(0);
    expect(await must(`stat -c '%a %U' /config/auth/policy-route "$1"`, KEY)).toBe("700 root\n600 root\n");
    const [, type, key] = /public-keys policy-route type '(\S+)'\n.* key '(\S+)'\n/.exec(out) ?? [];
    expect(out).toContain(`set policy-route router-access private-key '${KEY}'\n`);
    expect(out).toContain(`set policy-route router-access host-key '${PIN}'\n`);
    expect(out).toContain((await must('ssh-keygen -lf "$1"', PIN)).split(" ")[1]);
    expect(out).not.toContain("PRIVATE");
    await world.must(ROUTER, ["sh", "-euc", "cat > /home/vyos/.ssh/authorized_keys"], { stdin: `${type} ${key}\n` });
    expect(await rib({ privateKey: await read(KEY), hostKey: await read(PIN) })).toEqual(EXPECTED);
  });

  it("keeps what is there, and refuses another host key", async () => {
    const before = await must(`cat "$1" "$2"`, KEY, PIN);
    expect((await generate()).out).toContain(`${KEY} (kept)`);
    expect(await must(`cat "$1" "$2"`, KEY, PIN)).toBe(before);
    await must('cp /run/other.pub "$1"', PIN);
    await expect(generate()).rejects.toThrow(/host key of 127\.0\.0\.1 port 22 has changed: pinned SHA256:\S+, offered SHA256:/);
    expect(await read(PIN)).toBe(await read("/run/other.pub"));
  });
});
