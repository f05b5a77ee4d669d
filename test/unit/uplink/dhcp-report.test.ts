import { describe, expect, it } from "vitest";
import { dhcpReport } from "../../../src/uplink/dhcp-report.ts";
import { BOUND, NOW } from "./dhclient-bound.ts";

describe("dhcpReport", () => {
  it.each(["BOUND", "RENEW", "REBIND", "REBOOT", "TIMEOUT"])(
    "%s gives the gateway, the address and the end of the lease",
    (reason) => {
      expect(dhcpReport({ ...BOUND, reason }, NOW)).toEqual({
        report: {
          interface: "eth1",
          family: "ipv4",
          gateways: ["198.51.100.1"],
          address: "198.51.100.7",
          source: "dhcp-hook",
          at: NOW,
          expires: NOW + 600,
        },
        anew: !reason.startsWith("RE") || reason === "REBOOT",
        problems: [],
      });
    },
  );

  it.each(["EXPIRE", "FAIL", "RELEASE", "STOP"])("%s says that there is no gateway any more", (reason) => {
    const env = { reason, interface: "eth1", old_ip_address: "198.51.100.7", old_routers: "198.51.100.1" };
    expect(dhcpReport(env, NOW)).toEqual({
      report: { interface: "eth1", family: "ipv4", gateways: [], source: "dhcp-hook", at: NOW },
      anew: false,
      problems: [],
    });
  });

  it.each([
    "PREINIT",
    "PREINIT6",
    "MEDIUM",
    "ARPCHECK",
    "ARPSEND",
    "NBI",
    "NONE",
    "DEPREF6",
    "",
    "bound",
    "constructor",
    "toString",
  ])("%s changes nothing", (reason) => {
    expect(dhcpReport({ ...BOUND, reason }, NOW)).toEqual({ anew: false, problems: [] });
  });

  it.each(["BOUND6", "RENEW6", "REBIND6"])("%s gives the address only: DHCPv6 names no gateway", (reason) => {
    expect(dhcpReport({ reason, interface: "eth1", new_ip6_address: "2001:DB8::0:7" }, NOW).report).toEqual({
      interface: "eth1",
      family: "ipv6",
      gateways: [],
      address: "2001:db8::7",
      source: "dhcp-hook",
      at: NOW,
    });
    expect(dhcpReport({ reason, interface: "eth1", new_ip6_prefix: "2001:db8::/56" }, NOW)).toEqual({
      anew: false,
      problems: [],
    });
  });

  it.each(["EXPIRE6", "RELEASE6", "STOP6"])("%s says that the address is gone", (reason) => {
    expect(dhcpReport({ reason, interface: "eth1", old_ip6_address: "2001:db8::7" }, NOW).report).toMatchObject({
      family: "ipv6",
      gateways: [],
    });
  });

  it.each(["new_rfc3442_classless_static_routes", "new_classless_static_routes"])("takes the default of %s", (variable) => {
    const env = { ...BOUND, new_routers: undefined, [variable]: "24 10 1 0 198 51 100 3 0 198 51 100 2" };
    expect(dhcpReport(env, NOW).report?.gateways).toEqual(["198.51.100.2"]);
    expect(dhcpReport({ ...env, new_routers: "198.51.100.1" }, NOW).report?.gateways).toEqual(["198.51.100.2"]);
  });

  it.each([
    ["20 10 1 16 198 51 100 3 0 198 51 100 2", ["198.51.100.2"]],
    ["32 10 1 0 1 198 51 100 3 25 10 1 0 128 198 51 100 3 1 128 198 51 100 9 0 198 51 100 2", ["198.51.100.2"]],
    ["10.1.0.0/16 198.51.100.3 0.0.0.0/0 198.51.100.2", ["198.51.100.2"]],
    ["0 198 51 100 2 0 198 51 100 3", ["198.51.100.2", "198.51.100.3"]],
    ["0 0 0 0 0", []],
  ])("option 121 as %j means %j", (text, gateways) => {
    const { report, problems } = dhcpReport({ ...BOUND, new_rfc3442_classless_static_routes: text }, NOW);
    expect(report?.gateways).toEqual(gateways);
    expect(problems).toEqual([]);
  });

  it("ignores the routers when option 121 has no default (RFC 3442), but not when it cannot be read", () => {
    const without = { ...BOUND, new_rfc3442_classless_static_routes: "24 10 1 0 198 51 100 3" };
    expect(dhcpReport(without, NOW)).toMatchObject({ report: { gateways: [] }, problems: [] });
    for (const junk of ["24 10 1", "33 1 2 3 4 5 1 2 3 4", "24 10 1 0 198 51 100 256", "$(reboot)"]) {
      const { report, problems } = dhcpReport({ ...BOUND, new_rfc3442_classless_static_routes: junk }, NOW);
      expect(report?.gateways).toEqual(["198.51.100.1"]);
      expect(problems).toEqual([expect.stringContaining("option 121")]);
    }
  });

  it("keeps the order of several routers, and refuses what is no gateway", () => {
    const { report, problems } = dhcpReport(
      { ...BOUND, new_routers: "198.51.100.2 198.51.100.1 0.0.0.0 fe80::1 `id` 198.51.100.2" },
      NOW,
    );
    expect(report?.gateways).toEqual(["198.51.100.2", "198.51.100.1"]);
    expect(problems).toEqual(['"0.0.0.0" cannot be a gateway', '"`id`" cannot be a gateway', "fe80::1 cannot be a gateway"]);
  });

  it.each(["", "eth1/../../etc", "eth1;reboot", "eth1\nx", "averyveryverylongname", "..", "-a", undefined])(
    "refuses interface %j",
    (name) => {
      const { report, problems } = dhcpReport({ ...BOUND, interface: name }, NOW);
      expect(report).toBeUndefined();
      expect(problems).toHaveLength(1);
    },
  );

  it("refuses a lease without a sound address", () => {
    for (const new_ip_address of [undefined, "", "198.51.100", "2001:db8::1", "1.2.3.4;id"]) {
      expect(dhcpReport({ ...BOUND, new_ip_address }, NOW).report).toBeUndefined();
    }
  });

  it("knows a lease for ever, and prefers the client's own word on expiry", () => {
    expect(
      dhcpReport({ ...BOUND, new_dhcp_lease_time: "4294967295", new_expiry: "2147483647" }, NOW).report?.expires,
    ).toBeUndefined();
    expect(dhcpReport({ ...BOUND, new_expiry: String(NOW + 500) }, NOW).report?.expires).toBe(NOW + 500);
    expect(dhcpReport({ ...BOUND, new_dhcp_lease_time: "x" }, NOW).report?.expires).toBeUndefined();
  });
});
