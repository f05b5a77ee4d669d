import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayReport } from "../../../src/uplink/facts.ts";
import { parseLeaseFile } from "../../../src/uplink/lease-file.ts";
import { bundleEntry } from "../../support/bundle-entry.ts";
import { type Dhcp, makeDhcp } from "../../support/lab-dhcp.ts";
import { labFile } from "../../support/lab-file.ts";
import { makeRouterRoot, ROUTER } from "../../support/lab-router.ts";
import { until } from "../../support/lab-wait.ts";
import { openWorld, type World } from "../../support/lab-world.ts";

const PROGRAM = "/usr/lib/policy-route/bin/policy-route";
const RECORD = "/run/policy-route/leases/eth1.dhcp-hook.ipv4.json";
const TIMES = { renew: 2, rebind: 4, lease: 6 };

let world: World;
let dhcp: Dhcp;

const write = (file: string, text: string) =>
  world.must(ROUTER, ["sh", "-euc", 'mkdir -p "$(dirname "$1")"; cat > "$1"; chmod 755 "$1"', "write", file], { stdin: text });
const lines = async (file: string) => (await world.exec(ROUTER, ["cat", file])).stdout.split("\n").filter(Boolean);
const record = async () => JSON.parse((await world.exec(ROUTER, ["cat", RECORD])).stdout || "{}") as Partial<GatewayReport>;
const leased = async () => parseLeaseFile((await lines("/var/lib/dhcp/dhclient.eth1.leases")).join("\n"))[0];
const gateways = (...expected: string[]) =>
  until(`a record of ${expected}`, async () => (await record()).gateways?.join() === expected.join() && record(), {
    timeout: 15_000,
    last: async () => `${JSON.stringify(await record())} ${await dhcp.reasons()}`,
  });

beforeAll(async () => {
  world = await openWorld("router");
  await world.must(undefined, ["sh", "-euc", "mount -t tmpfs tmpfs /run; mkdir /run/lab; ip netns add router; ip netns add dsl"]);
  await world.must(undefined, [
    "ip",
    "link",
    "add",
    "eth1",
    "netns",
    "router",
    "type",
    "veth",
    "peer",
    "name",
    "eth0",
    "netns",
    "dsl",
  ]);
  await world.must({ netns: "dsl" }, ["ip", "-batch", "-"], { stdin: "link set eth0 up\naddr add 198.51.100.1/24 dev eth0\n" });
  await makeRouterRoot(world, "iptables-nft");
  dhcp = makeDhcp(world);
  await write("/run/lease.cjs", await bundleEntry("test/kernel/uplink/lease-entry.ts"));
  await write(PROGRAM, '#!/bin/sh\nexec node /run/lease.cjs "$@" 2>>/run/complaints\n');
  await write("/etc/dhcp/dhclient-exit-hooks.d/policy-route", readFileSync(labFile("debian/hooks/dhclient-exit"), "utf8"));
  await write("/run/policy-route/applied.config", "set 'policy-route' 'uplink' 'dsl' 'interface' 'eth1'\n");
  await dhcp.serve({ ...TIMES, routers: ["198.51.100.1"] });
  await dhcp.startClient();
});

afterAll(() => world?.stop());

describe("a real dhclient with our exit hook", () => {
  it("BOUND: records gateway, address and expiry, reconciles once; PREINIT starts nothing", async () => {
    const bound = await gateways("198.51.100.1");
    expect(bound).toMatchObject({ interface: "eth1", family: "ipv4", address: await dhcp.address(), source: "dhcp-hook" });
    expect((bound.expires ?? 0) - (bound.at ?? 0)).toBeGreaterThan(3);
    expect((bound.expires ?? 0) - (bound.at ?? 0)).toBeLessThanOrEqual(TIMES.lease + 1);
    expect(await lines("/run/reconciles")).toEqual(["eth1: gateway 198.51.100.1 (dhcp-hook)"]);
    expect((await dhcp.reasons())[0]).toBe("PREINIT");
    expect((await lines("/run/calls"))[0]).toBe("BOUND");
  });

  it("the lease file says the same as the hook", async () => {
    const bound = await gateways("198.51.100.1");
    const lease = await leased();
    expect(lease).toMatchObject({ interface: "eth1", gateways: bound.gateways, address: bound.address });
    expect(Math.abs((lease?.expires ?? 0) - (bound.expires ?? 0))).toBeLessThanOrEqual(TIMES.renew + 1);
  });

  it("RENEW of the same lease: a later expiry, no reconcile", async () => {
    const before = (await record()).expires ?? 0;
    await until("a renewal", async () => ((await record()).expires ?? 0) > before, { timeout: 15_000 });
    expect(await lines("/run/calls")).toContain("RENEW");
    expect(await lines("/run/reconciles")).toHaveLength(1);
  });

  it("RENEW with another gateway, several routers: the first is first, one reconcile", async () => {
    await dhcp.serve({ ...TIMES, routers: ["198.51.100.254", "198.51.100.1"] });
    await gateways("198.51.100.254", "198.51.100.1");
    await until("the reconcile", async () => (await lines("/run/reconciles")).length === 2);
    expect((await lines("/run/reconciles"))[1]).toBe("eth1: gateway 198.51.100.254, 198.51.100.1 (dhcp-hook)");
  });

  it("option 121 without routers", async () => {
    // ISC dhcpd has no name for option 121, and takes names only outside a subnet.
    const name = "option classless code 121 = array of unsigned integer 8;";
    const extra = ["}", name, "option classless 24, 10,1,0, 198,51,100,3, 0, 198,51,100,2;", "group {"];
    await dhcp.serve({ ...TIMES, routers: [], extra });
    await gateways("198.51.100.2");
  });

  it("EXPIRE when the server is gone: no gateway; BOUND when it is back", async () => {
    dhcp.stopServer();
    await until("the expiry", async () => (await lines("/run/calls")).includes("EXPIRE"), { timeout: 20_000 });
    const ended = await gateways("");
    expect(ended.address).toBeUndefined();
    await until("the reconcile", async () => (await lines("/run/reconciles")).at(-1) === "eth1: no gateway (dhcp-hook)");
    await dhcp.serve({ ...TIMES, routers: ["198.51.100.1"] });
    await gateways("198.51.100.1");
  });

  it("RELEASE: no gateway", async () => {
    await dhcp.release();
    await gateways("");
    expect(await lines("/run/calls")).toContain("RELEASE");
  });

  it("a program that fails or is gone does not cost the client its lease", async () => {
    await write(PROGRAM, "#!/bin/sh\necho oops >&2\nexit 70\n");
    await dhcp.startClient();
    expect(await dhcp.address()).toMatch(/^198\.51\.100\./);
    await dhcp.release();
    await world.must(ROUTER, ["rm", PROGRAM]);
    await dhcp.startClient();
    expect(await dhcp.address()).toMatch(/^198\.51\.100\./);
    await dhcp.release();
  });

  it("said nothing it had no reason to say", async () => {
    expect(await lines("/run/complaints")).toEqual([]);
  });
});
