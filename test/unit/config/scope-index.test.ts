import * as fc from "fast-check";
import { expect, it } from "vitest";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { ruleScope, scopeHolds } from "../../../src/config/rule-scope.ts";
import { scopeIndex } from "../../../src/config/scope-index.ts";
import { treeOf } from "./read.ts";

const octet = fc.constantFrom(0, 1, 2, 128, 255);
const ipv4 = fc.tuple(octet, octet).map(([a, b]) => `10.0.${a}.${b}`);
const ipv6 = fc.tuple(octet, octet).map(([a, b]) => `2001:db8:${a}::${b}`);
const address = fc.oneof(
  ipv4,
  ipv6,
  fc.tuple(ipv4, fc.constantFrom(0, 1, 8, 23, 24, 25, 31, 32)).map(([base, length]) => `${base}/${length}`),
  fc.tuple(ipv6, fc.constantFrom(0, 1, 32, 47, 48, 64, 128)).map(([base, length]) => `${base}/${length}`),
  fc.constantFrom("10.0.0.1-10.0.0.2", "10.0.0.255-10.0.1.0", "10.0.0.0-10.0.255.255", "!10.0.0.1"),
);
const port = fc.constantFrom("80", "443", "80,443", "80-90", "1-65535", "85,88", "!80");

function seldom<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
}

/** The lines of one rule, few different values each, so that rules often lie inside each other. */
const rule = fc
  .record({
    traffic: seldom(fc.constantFrom("local", "all")),
    family: seldom(fc.constantFrom("ipv4", "ipv6")),
    protocol: seldom(fc.constantFrom("tcp", "udp", "tcp_udp", "!tcp")),
    "inbound-interface": seldom(fc.constantFrom("eth0", "eth1")),
    "source address": seldom(address),
    "destination address": seldom(address),
    "destination address ": seldom(address),
    "source port": seldom(port),
    "destination port": seldom(port),
  })
  .map((values) => Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [`${name.trim()} ${value}`])));

it("finds the same rule as comparing every pair", () => {
  let hidden = 0;
  fc.assert(
    fc.property(fc.array(rule, { minLength: 2, maxLength: 40 }), (rules) => {
      const lines = rules.flatMap((conditions, i) => ["action drop", ...conditions].map((line) => `rule ${i + 1} ${line}`));
      const config = parseConfig(treeOf(lines), BUILT_IN_LOOKUPS);
      const earlier: (readonly [string, ReturnType<typeof ruleScope>])[] = [];
      const index = scopeIndex();
      for (const [number, conditions] of Object.entries(config.rule)) {
        const scope = ruleScope(conditions);
        const wanted = earlier.find(([, other]) => scopeHolds(other, scope))?.[0];
        expect(index.find(scope)).toBe(wanted);
        if (wanted !== undefined) hidden++;
        earlier.push([number, scope]);
        index.add(number, scope);
      }
    }),
  );
  expect(hidden).toBeGreaterThan(100);
});
