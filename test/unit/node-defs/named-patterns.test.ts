import fc from "fast-check";
import { expect, test } from "vitest";
import { familyOf, parsePrefix } from "../../../src/net/address.ts";
import { NAMED_PATTERNS } from "../../../src/node-defs/named-patterns.ts";

function matches(name: string, text: string): boolean {
  return new RegExp(`^(${NAMED_PATTERNS.get(name) ?? "(?!)"})$`).test(text);
}

const CASES: Record<string, { yes: string[]; no: string[] }> = {
  "ipv4-address": {
    yes: ["0.0.0.0", "192.0.2.1", "255.255.255.255"],
    no: ["256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4/32", "1a2a3a4", ""],
  },
  "ipv4-prefix": {
    yes: ["10.0.0.0/8", "10.0.0.1/8", "0.0.0.0/0", "192.0.2.1/32"],
    no: ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08"],
  },
  "ipv6-address": {
    yes: [
      "::",
      "::1",
      "1::",
      "2001:db8::1",
      "2001:DB8:0:0:0:0:0:1",
      "1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7::",
      "::2:3:4:5:6:7:8",
      "fe80::a:b",
    ],
    no: ["1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", ":::", "1::2::3", "12345::", "g::", "fe80::1%eth0", "1.2.3.4", "::/0", ""],
  },
  "ipv6-prefix": { yes: ["::/0", "2001:db8::/32", "::1/128"], no: ["2001:db8::", "::/129", "::/-1"] },
  "mac-address": {
    yes: ["52:54:00:c2:a5:43", "52:54:00:C2:A5:43"],
    no: ["52:54:00", "52-54-00-c2-a5-43", "52:54:00:c2:a5:4g", "5254.00c2.a543"],
  },
  "interface-name": {
    yes: ["eth0", "eth0.100", "bond0", "ppp0", "6in4-wan", "a23456789012345"],
    no: ["a234567890123456", "eth0/1", "eth 0", "", ".", "..", "-eth0", "eth0;id", "eth+", "$(id)"],
  },
  "address-match": {
    yes: [
      "10.0.0.1",
      "!10.0.0.0/24",
      "10.0.0.1-10.0.0.9",
      "!10.0.0.1-10.0.0.9",
      "2001:db8::/32",
      "!::1",
      "2001:db8::1-2001:db8::9",
    ],
    no: ["!!10.0.0.1", "! 10.0.0.1", "10.0.0.1-2001:db8::1", "10.0.0.1-", "10.0.0.0/8-10.0.0.9", "any", "", "*"],
  },
  "port-numbers": {
    yes: ["1", "80", "65535", "143,80,443,8000", "!80", "!80,443"],
    no: ["0", "65536", "70000", "080", "80-90", "http", "80,", ",80", "80,,90", "!!80", "! 80", "80 ", ""],
  },
};

test.each(Object.entries(CASES))("%s", (name, { yes, no }) => {
  for (const text of yes) expect(matches(name, text), text).toBe(true);
  for (const text of no) expect(matches(name, text), text).toBe(false);
});

test("every named pattern has its cases", () => {
  expect(Object.keys(CASES).sort()).toEqual([...NAMED_PATTERNS.keys()].sort());
});

/** Addresses, and texts that nearly are. */
const group = fc.oneof(
  fc.nat(0xffff).map((n) => n.toString(16)),
  fc.constantFrom("", "0", "00012", "ffff"),
);
const almostV6 = fc.array(group, { minLength: 1, maxLength: 9 }).map((groups) => groups.join(":"));

test("the IPv6 pattern and ipaddr.js agree, the mixed form apart", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), almostV6), (text) => {
      fc.pre(!text.includes("."));
      expect(matches("ipv6-address", text), text).toBe(familyOf(text) === "ipv6");
    }),
    { numRuns: 5000 },
  );
});

test("the IPv4 network pattern and the parser agree", () => {
  const byte = fc.oneof(fc.nat(300), fc.constantFrom(0, 255, 256));
  fc.assert(
    fc.property(byte, byte, byte, byte, fc.nat(40), (a, b, c, d, length) => {
      const text = `${a}.${b}.${c}.${d}/${length}`;
      expect(matches("ipv4-prefix", text), text).toBe(parsePrefix(text) !== undefined);
    }),
  );
});
