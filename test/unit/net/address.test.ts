import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import {
  addressToBigInt,
  canonicalAddress,
  familyOf,
  formatPrefix,
  parseAddressRange,
  parsePrefix,
  prefixHolds,
  prefixOf,
  prefixRange,
  rangePrefixes,
} from "../../../src/net/address.ts";

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

describe("familyOf", () => {
  it("knows both families and refuses every other spelling", () => {
    expect(familyOf("192.0.2.1")).toBe("ipv4");
    expect(familyOf("0.0.0.0")).toBe("ipv4");
    expect(familyOf("2001:DB8::1")).toBe("ipv6");
    expect(familyOf("::ffff:192.0.2.1")).toBe("ipv6");
    for (const text of [
      "",
      "192.0.2",
      "192.0.2.256",
      "192.0.2.01",
      "1.2.3.4.",
      "1.2.3.4.5",
      ".1.2.3.4",
      "0x7f.1.1.1",
      "3221225985",
      "fe80::1%eth0",
      "::1::",
      "dead",
      "1.2.3.4\n",
    ]) {
      expect(familyOf(text), JSON.stringify(text)).toBeUndefined();
    }
  });

  it("agrees with ipaddr.js on any address", () => {
    fc.assert(fc.property(ipv4, (address) => familyOf(address) === "ipv4" && ipaddr.IPv4.isValidFourPartDecimal(address)));
    fc.assert(fc.property(ipv6, (address) => familyOf(address) === "ipv6"));
  });
});

describe("canonicalAddress", () => {
  it("gives one spelling per address", () => {
    expect(canonicalAddress("2001:0DB8:0:0:0:0:0:1")).toBe("2001:db8::1");
    expect(canonicalAddress("192.0.2.1")).toBe("192.0.2.1");
    fc.assert(
      fc.property(ipv6, (address) => {
        const canonical = canonicalAddress(address) ?? "";
        return canonicalAddress(canonical) === canonical && addressToBigInt(canonical) === addressToBigInt(address);
      }),
    );
  });
});

describe("prefixes", () => {
  it("clears host bits", () => {
    expect(parsePrefix("10.1.2.3/8")).toEqual({ family: "ipv4", address: "10.0.0.0", length: 8 });
    expect(parsePrefix("10.1.2.3")).toEqual({ family: "ipv4", address: "10.1.2.3", length: 32 });
    expect(parsePrefix("255.255.255.255/0")).toEqual({ family: "ipv4", address: "0.0.0.0", length: 0 });
    expect(parsePrefix("2001:db8:1:2::3/48")).toEqual({ family: "ipv6", address: "2001:db8:1::", length: 48 });
    for (const text of ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/", "::/129", "x/8"])
      expect(parsePrefix(text), text).toBeUndefined();
  });

  it("is the same as integer arithmetic, for every length", () => {
    fc.assert(
      fc.property(ipv4, fc.nat(32), (address, length) => {
        const host = BigInt(32 - length);
        const { first, last } = prefixRange(prefixOf(address, length));
        return (
          addressToBigInt(first) === (addressToBigInt(address) >> host) << host &&
          addressToBigInt(last) - addressToBigInt(first) === (1n << host) - 1n
        );
      }),
    );
  });

  it("holds exactly the addresses between its ends", () => {
    fc.assert(
      fc.property(ipv6, ipv6, fc.nat(128), (one, other, length) => {
        const prefix = prefixOf(canonicalAddress(one) ?? "", length);
        const { first, last } = prefixRange(prefix);
        const value = addressToBigInt(other);
        return prefixHolds(prefix, other) === (value >= addressToBigInt(first) && value <= addressToBigInt(last));
      }),
    );
    expect(prefixHolds({ family: "ipv4", address: "0.0.0.0", length: 0 }, "::1")).toBe(false);
  });

  it("prints as iproute2 does", () => {
    expect(formatPrefix({ family: "ipv4", address: "10.0.0.0", length: 8 })).toBe("10.0.0.0/8");
    expect(formatPrefix({ family: "ipv4", address: "10.0.0.1", length: 32 })).toBe("10.0.0.1");
    expect(formatPrefix({ family: "ipv6", address: "2001:db8::1", length: 128 })).toBe("2001:db8::1");
  });
});

describe("parseAddressRange", () => {
  it("takes ends in order and of one family", () => {
    expect(parseAddressRange("10.0.0.1-10.0.0.9")).toEqual({ family: "ipv4", first: "10.0.0.1", last: "10.0.0.9" });
    for (const text of ["10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.1-", "10.0.0.1", "a-b", "10.0.0.1-10.0.0.2-10.0.0.3"]) {
      expect(parseAddressRange(text), text).toBeUndefined();
    }
  });
});

describe("rangePrefixes", () => {
  it("holds the range and nothing else, in a row", () => {
    fc.assert(
      fc.property(fc.constantFrom("ipv4", "ipv6"), ipv4, ipv4, (family, a, b) => {
        const asFamily = (address: string) => (family === "ipv4" ? address : (canonicalAddress(`::ffff:${address}`) ?? ""));
        const [first = "", last = ""] = [a, b].map(asFamily).sort((x, y) => (addressToBigInt(x) < addressToBigInt(y) ? -1 : 1));
        const ranges = rangePrefixes({ family: family as "ipv4" | "ipv6", first, last }).map(prefixRange);
        expect(ranges[0]?.first).toBe(first);
        expect(ranges.at(-1)?.last).toBe(last);
        ranges.slice(1).forEach((range, i) => {
          expect(addressToBigInt(range.first)).toBe(addressToBigInt(ranges[i]?.last ?? "") + 1n);
        });
        expect(ranges.length).toBeLessThan(64);
      }),
    );
  });

  it("is one prefix for everything", () => {
    expect(rangePrefixes({ family: "ipv4", first: "0.0.0.0", last: "255.255.255.255" }).map(formatPrefix)).toEqual(["0.0.0.0/0"]);
  });
});
