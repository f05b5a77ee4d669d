import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLeaseFile } from "../../../src/uplink/lease-file.ts";
import { parseLeaseVariables } from "../../../src/uplink/lease-variables.ts";

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const leases = fixture("dhclient-two-interfaces.leases");

describe("parseLeaseFile", () => {
  it("takes the last lease of each interface, option 121 before routers, and no gateway from DHCPv6", () => {
    expect(parseLeaseFile(leases, 1000)).toEqual([
      {
        interface: "eth1",
        family: "ipv4",
        gateways: ["198.51.100.1"],
        address: "198.51.100.7",
        source: "lease-file",
        at: 1000,
        expires: 1795177500,
      },
      {
        interface: "eth2",
        family: "ipv4",
        gateways: ["203.0.113.1", "203.0.113.2"],
        address: "203.0.113.20",
        source: "lease-file",
        at: 1000,
      },
    ]);
  });

  it("reads option 121 without routers as dhclient 4.4.3 writes it", () => {
    expect(parseLeaseFile(fixture("dhclient-option-121.leases"))).toMatchObject([
      { address: "198.51.100.50", gateways: ["198.51.100.2"] },
    ]);
  });

  it("falls back to the lease before when the last one is cut short", () => {
    const cut = leases.slice(0, leases.indexOf("renew epoch"));
    expect(parseLeaseFile(cut).find((report) => report.interface === "eth1")).toMatchObject({
      gateways: ["198.51.100.254"],
      address: "198.51.100.9",
      expires: Date.UTC(2026, 10, 20, 10, 10, 22) / 1000,
    });
  });

  it("does not let a string of the server end a lease early", () => {
    const text =
      'lease { interface "eth1"; option domain-name "\\"; } lease { x"; fixed-address 192.0.2.9; option routers 192.0.2.1; }';
    expect(parseLeaseFile(text)).toMatchObject([{ interface: "eth1", address: "192.0.2.9", gateways: ["192.0.2.1"] }]);
  });

  it.each([
    ["an interface that is no name", 'lease { interface "eth1/../x"; fixed-address 192.0.2.9; option routers 192.0.2.1; }'],
    ["an address that is none", 'lease { interface "eth1"; fixed-address 192.0.2.999; option routers 192.0.2.1; }'],
    ["no interface", "lease { fixed-address 192.0.2.9; option routers 192.0.2.1; }"],
    ["binary junk", "\u0000\u0001\ufffdlease{{{}}}\"'"],
  ])("gives no report for %s", (_, text) => {
    expect(parseLeaseFile(text)).toEqual([]);
  });

  it("leaves out routers that cannot be gateways", () => {
    const text =
      'lease { interface "eth1"; fixed-address 192.0.2.9; option routers 0.0.0.0,224.0.0.1,127.0.0.1,192.0.2.1,192.0.2.1; }';
    expect(parseLeaseFile(text)[0]?.gateways).toEqual(["192.0.2.1"]);
  });

  it("survives every cut and any text, and only ever reports valid names and addresses", () => {
    for (let at = 0; at < leases.length; at += 7) expect(parseLeaseFile(leases.slice(0, at)).length).toBeLessThanOrEqual(2);
    fc.assert(
      fc.property(fc.string(), fc.nat(leases.length), (junk, at) => {
        for (const report of parseLeaseFile(leases.slice(0, at) + junk + leases.slice(at))) {
          expect(report.interface).toMatch(/^[\w.-]{1,15}$/);
          for (const gateway of report.gateways) expect(gateway).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
        }
      }),
    );
  });

  it("takes linear time for a string that never ends", () => {
    expect(parseLeaseFile(`lease { option domain-name "${'\\"'.repeat(300_000)}`)).toEqual([]);
  });
});

describe("parseLeaseVariables", () => {
  it("reads the routers' own copy of a lease", () => {
    expect(parseLeaseVariables(fixture("vyatta-variables.lease"), 1795181300)).toEqual({
      interface: "eth1",
      family: "ipv4",
      gateways: ["198.51.100.1", "198.51.100.2"],
      address: "198.51.100.7",
      source: "lease-file",
      at: 1795181300,
      expires: 1795181880,
    });
  });

  it("reports a released lease as ended, and nothing for a file that says nothing", () => {
    expect(parseLeaseVariables("reason='RELEASE'\ninterface='eth1'\n", 5)).toMatchObject({ gateways: [], source: "lease-file" });
    expect(parseLeaseVariables("reason='PREINIT'\ninterface='eth1'\n", 5)).toBeUndefined();
    expect(parseLeaseVariables("", 5)).toBeUndefined();
  });
});
