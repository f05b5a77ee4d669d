import { describe, expect, it } from "vitest";
import type { Config } from "../../../src/config/schema.ts";
import type { Facts, GatewayReport, Link, LinkAddress } from "../../../src/uplink/facts.ts";
import { NO_LIVENESS } from "../../../src/uplink/liveness.ts";
import { resolveUplinks } from "../../../src/uplink/resolve-uplinks.ts";

const NOW = 1_795_170_000;

const address = (text: string, more: Partial<LinkAddress> = {}): LinkAddress => {
  const [host = "", length = ""] = text.split("/");
  return {
    family: host.includes(":") ? "ipv6" : "ipv4",
    address: host,
    length: Number(length),
    scope: "global",
    flags: [],
    ...more,
  };
};

const link = (name: string, addresses: readonly LinkAddress[], more: Partial<Link> = {}): Link => ({
  name,
  index: 1,
  up: true,
  carrier: true,
  pointToPoint: false,
  loopback: false,
  addresses,
  ...more,
});

const eth1 = link("eth1", [address("198.51.100.7/24")]);
const ppp1 = link("ppp1", [address("203.0.113.77/32", { peer: "203.0.113.1" })], { pointToPoint: true });

const says = (source: GatewayReport["source"], gateways: string, more: Partial<GatewayReport> = {}): GatewayReport => ({
  interface: "eth1",
  family: "ipv4",
  gateways: gateways.split(" ").filter((gateway) => gateway !== ""),
  source,
  ...more,
});
const hook = (gateways: string, more: Partial<GatewayReport> = {}) =>
  says("dhcp-hook", gateways, { address: "198.51.100.7", at: NOW - 60, expires: NOW + 540, ...more });
const ended = (at: number): GatewayReport => says("dhcp-hook", "", { at });

function resolve(uplink: Partial<Config["uplink"][string]>, links: readonly Link[], gateways: readonly GatewayReport[] = []) {
  const config = {
    uplink: {
      dsl: { interface: "eth1", disable: false, onlink: false, "source-address": "auto", "source-nat": "disable", ...uplink },
    },
  };
  const facts = { now: NOW, links, gateways, liveness: NO_LIVENESS, forced: new Map() } as unknown as Facts;
  const result = resolveUplinks(config as unknown as Config, facts);
  const [state] = result.uplinks;
  return {
    ...result,
    state,
    ipv4: state?.routes.ipv4,
    ipv6: state?.routes.ipv6,
    warned: result.warnings.map((issue) => issue.message),
  };
}

describe("gateway dhcp", () => {
  const dhcp = { gateway: "dhcp" };

  it("takes the hook's gateway, shows all of them, and the lease's address as source", () => {
    const second = link("eth1", [address("198.51.100.6/24"), address("198.51.100.7/24")]);
    const { state, ipv4, warned } = resolve(dhcp, [second], [hook("198.51.100.1 198.51.100.2")]);
    expect(ipv4).toEqual({
      kind: "gateway",
      gateway: "198.51.100.1",
      gateways: ["198.51.100.1", "198.51.100.2"],
      onlink: false,
      learntFrom: "dhcp-hook",
      sourceAddress: "198.51.100.7",
    });
    expect(state).toMatchObject({ name: "dsl", interface: "eth1", link: "up" });
    expect(warned).toEqual([]);
  });

  it("trusts hook, lease file, router CLI and kernel in this order", () => {
    const all = [
      says("kernel", "198.51.100.4"),
      says("router-cli", "198.51.100.3"),
      says("lease-file", "198.51.100.2", { address: "198.51.100.7" }),
      hook("198.51.100.1"),
    ];
    const learnt = [];
    for (let left = all.length; left > 0; left--) learnt.push(resolve(dhcp, [eth1], all.slice(0, left)).ipv4?.learntFrom);
    expect(learnt).toEqual(["dhcp-hook", "lease-file", "router-cli", "kernel"]);
  });

  it("has no gateway before the first lease, and says so", () => {
    const { ipv4, warnings } = resolve(dhcp, [eth1]);
    expect(ipv4).toEqual({ kind: "none", onlink: false, gateways: [], reason: "no DHCP lease on eth1 yet" });
    expect(warnings).toEqual([{ path: ["uplink", "dsl"], message: "no DHCP lease on eth1 yet" }]);
  });

  it.each([
    [
      "a lease for an address that is gone",
      hook("198.51.100.1", { address: "198.51.100.9" }),
      "lease is for 198.51.100.9, which eth1 no longer has",
    ],
    [
      "a lease that has run out",
      hook("198.51.100.1", { expires: NOW }),
      "the DHCP lease of 198.51.100.7 has run out (expired 0 s ago)",
    ],
    ["a lease that ended", ended(NOW - 5), "the DHCP lease of eth1 has ended"],
    ["a lease without a gateway", hook(""), "the DHCP lease of eth1 names no gateway"],
    ["a gateway that is ours", hook("198.51.100.7"), "gateway 198.51.100.7 (DHCP) is an address of this router"],
    [
      "a gateway elsewhere",
      hook("10.9.9.1"),
      'gateway 10.9.9.1 (DHCP) is not in a network of eth1; add "onlink" if that is meant',
    ],
  ])("does not use %s", (_, report, reason) => {
    expect(resolve(dhcp, [eth1], [report]).ipv4).toMatchObject({ kind: "none", reason });
  });

  it("asks the next source when a lease is stale, but not when the hook says that it ended", () => {
    const kernel = says("kernel", "198.51.100.4");
    expect(resolve(dhcp, [eth1], [hook("198.51.100.1", { expires: NOW - 1 }), kernel]).ipv4?.learntFrom).toBe("kernel");
    expect(resolve(dhcp, [eth1], [ended(NOW - 5), kernel]).ipv4?.kind).toBe("none");
  });

  it("believes a lease file that is younger than the end of the lease, no older one", () => {
    const file = (at: number) => says("lease-file", "198.51.100.1", { address: "198.51.100.7", at });
    expect(resolve(dhcp, [eth1], [ended(NOW - 5), file(NOW - 1)]).ipv4?.learntFrom).toBe("lease-file");
    expect(resolve(dhcp, [eth1], [ended(NOW - 5), file(NOW - 9)]).ipv4?.kind).toBe("none");
  });

  it("reads the lease file when another hook has blanked the routers (VyOS no-default-route)", () => {
    const file = says("lease-file", "198.51.100.1", { address: "198.51.100.7", at: NOW - 60 });
    expect(resolve(dhcp, [eth1], [hook(""), file]).ipv4).toMatchObject({ gateway: "198.51.100.1", learntFrom: "lease-file" });
  });

  it("skips gateways that cannot work and uses the one that can", () => {
    expect(resolve(dhcp, [eth1], [hook("10.9.9.1 198.51.100.1")]).ipv4?.gateways).toEqual(["198.51.100.1"]);
  });

  it("uses onlink for a lease with a host mask", () => {
    const host = link("eth1", [address("198.51.100.7/32")]);
    expect(resolve(dhcp, [host], [hook("198.51.100.1")]).ipv4).toMatchObject({ gateway: "198.51.100.1", onlink: true });
  });

  it("does not believe the router's CLI without carrier: FRR keeps routes that are dead", () => {
    const dead = link("eth1", [address("198.51.100.7/24")], { carrier: false });
    const { state, ipv4 } = resolve(dhcp, [dead], [says("router-cli", "198.51.100.1")]);
    expect(state?.link).toBe("no-carrier");
    expect(ipv4).toMatchObject({ kind: "none", reason: "eth1 has no carrier, so the router's routing table is not believed" });
    expect(resolve(dhcp, [dead], [hook("198.51.100.1")]).ipv4?.kind).toBe("gateway");
  });

  it("ignores what is said of other interfaces and families", () => {
    const others = [hook("198.51.100.1", { interface: "eth2" }), hook("198.51.100.1", { family: "ipv6" })];
    expect(resolve(dhcp, [eth1], others).ipv4?.kind).toBe("none");
  });
});

describe("gateway given in the configuration", () => {
  it("stands above every report", () => {
    expect(resolve({ gateway: "198.51.100.254" }, [eth1], [hook("198.51.100.1")]).ipv4).toMatchObject({
      gateway: "198.51.100.254",
      learntFrom: "config",
    });
  });

  it.each([
    ["10.9.9.1", 'gateway 10.9.9.1 is not in a network of eth1; add "onlink" if that is meant'],
    ["198.51.100.7", "gateway 198.51.100.7 is an address of this router"],
  ])("%s is the operator's mistake", (gateway, message) => {
    const { ipv4, mistakes } = resolve({ gateway }, [eth1]);
    expect(mistakes).toEqual([{ path: ["uplink", "dsl"], message }]);
    expect(ipv4).toMatchObject({ kind: "none", reason: message });
  });

  it("may lie outside with onlink, and waits for an address", () => {
    expect(resolve({ gateway: "10.9.9.1", onlink: true }, [eth1]).ipv4).toMatchObject({ gateway: "10.9.9.1", onlink: true });
    const bare = resolve({ gateway: "198.51.100.1" }, [link("eth1", [])]);
    expect(bare.ipv4?.reason).toBe("eth1 has no IPv4 address");
    expect(bare.mistakes).toEqual([]);
  });
});

describe("gateway from the interface", () => {
  it("is dhcp where a lease is known, straight out where the link is point-to-point", () => {
    expect(resolve({}, [eth1], [hook("198.51.100.1")]).ipv4).toMatchObject({ gateway: "198.51.100.1", learntFrom: "dhcp-hook" });
    const wg0 = link("wg0", [address("10.7.0.2/32")], { pointToPoint: true });
    expect(resolve({ interface: "wg0" }, [wg0]).ipv4).toEqual({
      kind: "device",
      onlink: false,
      gateways: [],
      sourceAddress: "10.7.0.2",
    });
    expect(resolve({}, [eth1]).ipv4?.reason).toBe(
      "gateway must be set (no DHCP lease is known of eth1, and it is not point-to-point)",
    );
  });

  it("is not missed on a line that has only IPv6", () => {
    const six = link("eth1", [address("2001:db8:2::2/64")]);
    const missed = "gateway must be set (no DHCP lease is known of eth1, and it is not point-to-point)";
    const only = resolve({ gateway6: "2001:db8:2::1" }, [six]);
    expect([only.ipv4?.reason, only.ipv6?.kind, only.warned]).toEqual([missed, "gateway", []]);
    expect(resolve({}, [six]).warned).toEqual([missed]);
    const both = link("eth1", [address("198.51.100.7/24"), address("2001:db8:2::2/64")]);
    expect(resolve({ gateway6: "2001:db8:2::1" }, [both]).warned).toEqual([missed]);
  });

  it("none needs a point-to-point link", () => {
    expect(resolve({ gateway: "none", interface: "ppp1" }, [ppp1]).ipv4?.kind).toBe("device");
    expect(resolve({ gateway: "none" }, [eth1]).ipv4?.reason).toBe("gateway is none and eth1 is not point-to-point");
  });
});

describe("gateway ppp", () => {
  const ppp = { gateway: "ppp", interface: "ppp1", onlink: true };
  const session = says("ppp-hook", "203.0.113.1", { interface: "ppp1", address: "203.0.113.77" });

  it("is the peer as the hook or the kernel names it", () => {
    const expected = { kind: "gateway", gateway: "203.0.113.1", onlink: true, sourceAddress: "203.0.113.77" };
    expect(resolve(ppp, [ppp1], [session]).ipv4).toMatchObject({ ...expected, learntFrom: "ppp-hook" });
    expect(resolve(ppp, [ppp1]).ipv4).toMatchObject({ ...expected, learntFrom: "kernel" });
  });

  it("does without a peer address, and follows the address, not the last session", () => {
    const bare = link("ppp1", [address("203.0.113.77/32")], { pointToPoint: true });
    expect(resolve(ppp, [bare]).ipv4?.kind).toBe("device");
    const redialled = link("ppp1", [address("203.0.113.90/32", { peer: "203.0.113.2" })], { pointToPoint: true });
    expect(resolve(ppp, [redialled], [session]).ipv4).toMatchObject({ gateway: "203.0.113.2", sourceAddress: "203.0.113.90" });
  });

  it("says when there is no session", () => {
    expect(resolve(ppp, []).ipv4?.reason).toBe("interface ppp1 does not exist");
    const idle = link("ppp1", [], { pointToPoint: true });
    expect(resolve(ppp, [idle]).ipv4?.reason).toBe("no PPP session on ppp1");
    const over = says("ppp-hook", "", { interface: "ppp1", at: NOW - 1 });
    expect(resolve(ppp, [idle], [over]).ipv4?.reason).toBe("the PPP session of ppp1 has ended");
  });
});

describe("gateway6", () => {
  const six = link("eth1", [address("fe80::7/64", { scope: "link" }), address("2001:db8::7/64")]);
  const advertised = says("kernel", "fe80::1", { family: "ipv6" });
  const route = { kind: "gateway", gateway: "fe80::1", learntFrom: "kernel", sourceAddress: "2001:db8::7" };

  it("is ra where a router advertises itself, whether asked for or not", () => {
    expect(resolve({ gateway6: "ra" }, [six], [advertised]).ipv6).toMatchObject(route);
    expect(resolve({}, [six], [advertised]).ipv6).toMatchObject(route);
  });

  it("is missed when asked for, not otherwise", () => {
    const asked = resolve({ gateway: "198.51.100.1", gateway6: "ra" }, [six]);
    expect(asked.warned).toContain("no router advertisement on eth1");
    const silent = resolve({ gateway: "dhcp" }, [eth1], [hook("198.51.100.1")]);
    expect(silent.ipv6).toMatchObject({ kind: "none", reason: "no router advertisement on eth1" });
    expect(silent.warned).toEqual([]);
  });

  it("may be static, link-local too, or none", () => {
    expect(resolve({ gateway6: "fe80::99" }, [six]).ipv6).toMatchObject({ gateway: "fe80::99", learntFrom: "config" });
    expect(resolve({ gateway6: "2001:db8::1" }, [six]).ipv6).toMatchObject({ gateway: "2001:db8::1" });
    expect(resolve({ gateway6: "2001:db8:9::1" }, [six]).mistakes).toHaveLength(1);
    expect(resolve({ gateway6: "none" }, [six], [advertised]).ipv6?.kind).toBe("none");
  });

  it("prefers lasting source addresses", () => {
    const many = link("eth1", [
      address("2001:db8::a/64", { flags: ["temporary"] }),
      address("2001:db8::b/64", { flags: ["deprecated"] }),
      address("2001:db8::c/64", { flags: ["tentative"] }),
      address("2001:db8::d/64"),
    ]);
    expect(resolve({}, [many], [advertised]).ipv6?.sourceAddress).toBe("2001:db8::d");
  });
});

describe("source-address", () => {
  const two = link("eth1", [address("10.1.0.7/16"), address("198.51.100.7/24")]);
  const fixed = { gateway: "198.51.100.1" };

  it("auto takes the one in the gateway's network", () => {
    expect(resolve(fixed, [two]).ipv4?.sourceAddress).toBe("198.51.100.7");
  });

  it("none leaves it out; an address of the router, also of another interface, is taken", () => {
    expect(resolve({ ...fixed, "source-address": "none" }, [two]).ipv4).not.toHaveProperty("sourceAddress");
    const dummy = link("dum0", [address("192.0.2.10/32")]);
    expect(resolve({ ...fixed, "source-address": "192.0.2.10" }, [two, dummy]).ipv4?.sourceAddress).toBe("192.0.2.10");
  });

  it("warns of an address the router does not have, and goes on with auto", () => {
    const { ipv4, warned } = resolve({ ...fixed, "source-address": "192.0.2.10" }, [two]);
    expect(ipv4?.sourceAddress).toBe("198.51.100.7");
    expect(warned).toEqual(["source-address 192.0.2.10 is not an address of this router"]);
  });
});

describe("links", () => {
  it.each([
    ["missing", [], "interface eth1 does not exist"],
    ["admin-down", [link("eth1", eth1.addresses, { up: false, carrier: false })], "eth1 is administratively down"],
  ])("%s: no route, and why", (state, links, reason) => {
    const resolved = resolve({ gateway: "dhcp" }, links, [hook("198.51.100.1")]);
    expect(resolved.state?.link).toBe(state);
    expect(resolved.ipv4).toEqual({ kind: "none", onlink: false, gateways: [], reason });
    expect(resolved.ipv6?.reason).toBe(reason);
  });

  it("leaves out disabled uplinks", () => {
    expect(resolve({ disable: true }, [eth1]).uplinks).toEqual([]);
    expect(resolve({ interface: undefined } as never, [eth1]).uplinks).toEqual([]);
  });
});

describe("source-nat", () => {
  const line = link("eth1", [address("198.51.100.7/24"), address("2001:db8:1::7/64")]);
  const way = { gateway: "198.51.100.1", gateway6: "2001:db8:1::1" };

  it("with an address of one family says that the other is not translated", () => {
    expect(resolve({ ...way, "source-nat": "198.51.100.7" }, [line]).warned).toEqual([
      "source-nat 198.51.100.7 is IPv4; IPv6 leaves by this uplink with its own source",
    ]);
    expect(resolve({ gateway: "198.51.100.1", gateway6: "none", "source-nat": "198.51.100.7" }, [line]).warned).toEqual([]);
    expect(resolve({ ...way, "source-nat": "masquerade" }, [line]).warned).toEqual([]);
  });

  it("warns of an address that answers would not come to", () => {
    expect(resolve({ gateway: "198.51.100.1", gateway6: "none", "source-nat": "192.0.2.99" }, [line]).warned).toEqual([
      "source-nat 192.0.2.99 is not an address of this router; answers have to be routed here",
    ]);
  });
});
