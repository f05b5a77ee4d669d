import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GatewayReport } from "../../../src/uplink/facts.ts";
import { parseRecord, recordDiffers, recordName, renderRecord } from "../../../src/uplink/lease-record.ts";

const report: GatewayReport = {
  interface: "eth1.7",
  family: "ipv4",
  gateways: ["198.51.100.1"],
  address: "198.51.100.7",
  source: "dhcp-hook",
  at: 10,
  expires: 610,
};

describe("lease records", () => {
  it("come back as they were written", () => {
    expect(parseRecord(renderRecord(report))).toEqual(report);
    const { address: _, expires: __, ...gone } = report;
    expect(parseRecord(renderRecord({ ...gone, gateways: [] }))).toEqual({ ...gone, gateways: [] });
    expect(recordName(report)).toBe("eth1.7.dhcp-hook.ipv4.json");
  });

  it("are not believed when damaged", () => {
    for (const bad of [
      { interface: "../x" },
      { gateways: ["1.2.3"] },
      { gateways: "x" },
      { source: "config" },
      { at: "x" },
      { address: "1" },
    ]) {
      expect(parseRecord(JSON.stringify({ ...report, ...bad }))).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (text) => parseRecord(text) === undefined));
  });

  it("differ by gateway and address, not by time", () => {
    expect(recordDiffers(report, { ...report, at: 99, expires: 999 })).toBe(false);
    expect(recordDiffers(report, { ...report, gateways: ["198.51.100.254"] })).toBe(true);
    expect(recordDiffers(report, { ...report, address: "198.51.100.8" })).toBe(true);
    expect(recordDiffers(undefined, report)).toBe(true);
  });
});
