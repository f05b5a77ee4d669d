import { describe, expect, it } from "vitest";
import type { Config } from "../../../src/config/schema.ts";
import { gatherGateways } from "../../../src/host/gather-gateways.ts";
import { pathsBelow } from "../../../src/paths.ts";
import type { GatewayReport, Link } from "../../../src/uplink/facts.ts";
import { type Answers, memoryHost } from "./memory-host.ts";

const NOW = 1_795_170_000;
const LEASES = "/run/policy-route/leases";
const link = (more: Partial<Link> = {}): Link => ({
  name: "eth1",
  index: 2,
  up: true,
  carrier: true,
  pointToPoint: false,
  loopback: false,
  addresses: [{ family: "ipv4", address: "198.51.100.7", length: 24, scope: "global", flags: [] }],
  ...more,
});
const record = (more: Partial<GatewayReport> = {}): GatewayReport => ({
  interface: "eth1",
  family: "ipv4",
  gateways: ["198.51.100.1"],
  address: "198.51.100.7",
  source: "dhcp-hook",
  at: NOW - 60,
  ...more,
});

/** No default route in the kernel, unless a test says otherwise. */
const KERNEL: Answers = { "ip -N -j -force -batch -": { exitCode: 1 }, "ip -6 -N -j -force -batch -": { exitCode: 1 } };

interface Given {
  readonly files?: Record<string, string>;
  readonly answers?: Answers;
  readonly uplink?: Partial<Config["uplink"][string]>;
  readonly access?: Partial<Config["router-access"]>;
  readonly links?: readonly Link[];
  readonly allowSsh?: boolean;
}

async function gather({ files = {}, answers = {}, uplink = {}, access = {}, links = [link()], allowSsh = true }: Given) {
  const config = {
    uplink: { dsl: { interface: "eth1", gateway: "dhcp", disable: false, onlink: false, ...uplink } },
    "router-access": { address: "127.0.0.1", port: 1, user: "vyos", timeout: 1, disable: false, ...access },
  };
  const { host, ran } = memoryHost(files, { ...KERNEL, ...answers }, NOW);
  return { ...(await gatherGateways(host, pathsBelow(""), config as unknown as Config, links, { allowSsh })), ran };
}

/** A configuration that names a key that is not there: whether it is asked for shows whether ssh would be used. */
const KEY = { "private-key": "/config/auth/missing" };
const WOULD_ASK = ['router-access private-key /config/auth/missing does not exist; type "generate policy-route ssh-key"'];

describe("gatherGateways", () => {
  it("reads what the hooks recorded, and says which record is damaged", async () => {
    const files = {
      [`${LEASES}/eth1.dhcp-hook.ipv4.json`]: JSON.stringify(record()),
      [`${LEASES}/eth2.dhcp-hook.ipv4.json`]: "{",
    };
    const { reports, problems } = await gather({ files });
    expect(reports).toEqual([record()]);
    expect(problems).toEqual([
      { source: "dhcp-hook", message: `${LEASES}/eth2.dhcp-hook.ipv4.json is damaged and not believed` },
    ]);
  });

  it("asks the kernel about uplinks that learn their gateway, one lookup each", async () => {
    const asked: string[] = [];
    const { reports } = await gather({
      answers: {
        "ip -N -j -force -batch -": (options) => {
          asked.push(options?.stdin ?? "");
          return '[{"dst":"default","gateway":"198.51.100.4","dev":"eth1","protocol":"16","flags":[]}]\n';
        },
      },
    });
    expect(asked).toEqual(["route get fibmatch 240.0.0.1 oif eth1\n"]);
    expect(reports).toEqual([{ interface: "eth1", family: "ipv4", gateways: ["198.51.100.4"], source: "kernel" }]);
    const fixed = await gather({ uplink: { gateway: "198.51.100.1", gateway6: "none" } });
    expect(fixed.ran).toEqual([]);
  });

  it("uses ssh only for a DHCP uplink that is left without a gateway", async () => {
    const hook = { [`${LEASES}/eth1.dhcp-hook.ipv4.json`]: JSON.stringify(record()) };
    const { address: _, ...ended } = record({ gateways: [] });
    const problems = async (given: Given) => (await gather({ access: KEY, ...given })).problems.map((problem) => problem.message);
    expect(await problems({})).toEqual(WOULD_ASK);
    expect(await problems({ files: { [`${LEASES}/x.json`]: JSON.stringify(record({ address: "198.51.100.9" })) } })).toEqual(
      WOULD_ASK,
    );
    expect(await problems({ files: hook })).toEqual([]);
    expect(await problems({ files: { [`${LEASES}/x.json`]: JSON.stringify(ended) } })).toEqual([]);
    expect(await problems({ allowSsh: false })).toEqual([]);
    expect(await problems({ access: { ...KEY, disable: true } })).toEqual([]);
    expect(await problems({ uplink: { gateway: "198.51.100.1" } })).toEqual([]);
    expect(await problems({ uplink: { disable: true } })).toEqual([]);
    expect(await problems({ links: [link({ carrier: false })] })).toEqual([]);
    expect(await problems({ access: {} })).toEqual([]);
  });

  it("never connects without a pinned host key, and tells what is wrong with a key", async () => {
    const key = "/config/auth/policy-route/id_ed25519";
    const unpinned = await gather({ files: { [key]: "x" } });
    expect(unpinned.problems[0]?.message).toBe(
      'router-access: no host key is pinned (/config/auth/policy-route/host_key.pub does not exist); type "generate policy-route ssh-key"',
    );
    const pin = { "host-key": `SHA256:${"A".repeat(43)}` };
    const broken = await gather({ files: { [key]: "not a key" }, access: pin });
    expect(broken.problems[0]?.message).toMatch(/^router-access vyos@127\.0\.0\.1:1: the private key cannot be read \(/);
    expect(broken.problems[0]?.message).not.toContain("not a key");
  });
});
