import fc from "fast-check";
import { expect, it } from "vitest";
import { makeIpSet } from "../../../src/kernel/ipset.ts";
import { sameElements } from "../../../src/kernel/nft-elements.ts";
import { renderNftSet } from "../../../src/kernel/nft-set.ts";
import { parsePrefix, prefixHolds, prefixRange } from "../../../src/net/address.ts";

function elements(lines: readonly string[]): string[] {
  return (/^elements = \{ (.*) \}$/.exec(lines.at(-1) ?? "")?.[1] ?? "").split(", ");
}

it("writes networks, leaving out those inside others", () => {
  const set = makeIpSet("ipv4", "hash:net", ["10.1.0.0/16", "10.0.0.0/8", "192.0.2.1", "10.1.0.0/24", "11.0.0.0/8"]);
  expect(renderNftSet(set)).toEqual({
    name: set.name,
    lines: ["type ipv4_addr", "flags interval", "elements = { 10.0.0.0/8, 11.0.0.0/8, 192.0.2.1 }"],
  });
  const six = makeIpSet("ipv6", "hash:net", ["2001:db8::/32", "2001:db8:1::/48", "2001:db9::1"]);
  expect(elements(renderNftSet(six).lines)).toEqual(["2001:db8::/32", "2001:db9::1"]);
});

it("writes networks with ports, one after the other as a range", () => {
  const set = makeIpSet("ipv4", "hash:net,port", [
    "10.0.0.0/24,tcp:80",
    "10.0.0.0/24,tcp:82",
    "10.0.0.0/24,tcp:81",
    "10.0.0.0/24,udp:81",
  ]);
  expect(renderNftSet(set).lines[0]).toBe("type ipv4_addr . inet_proto . inet_service");
  expect(elements(renderNftSet(set).lines)).toEqual(["10.0.0.0/24 . 6 . 80-82", "10.0.0.0/24 . 17 . 81"]);
});

const prefix = fc
  .tuple(fc.nat(255), fc.nat(3), fc.constantFrom(6, 8, 14, 15, 16, 24, 32))
  .map(([a, b, length]) => parsePrefix(`10.${b}.${a}.${a}/${length}`));

it("holds what ipset holds, and nft's intervals never overlap", () => {
  const member = fc.tuple(prefix, fc.constantFrom("tcp", "udp"), fc.integer({ min: 1, max: 6 }));
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 30 }), (members) => {
      const texts = members.map(([net, protocol, port]) => `${net?.address}/${net?.length},${protocol}:${port}`);
      const written = elements(renderNftSet(makeIpSet("ipv4", "hash:net,port", texts)).lines).map((element) => {
        const [net = "", protocol = "", ports = ""] = element.split(" . ");
        const [first = 0, last = first] = ports.split("-").map(Number);
        return { net: parsePrefix(net), protocol, first, last };
      });
      // One packet per member and corner of its network, and its neighbours in port and protocol.
      for (const [net] of members) {
        if (net === undefined) throw new Error("no prefix");
        for (const address of [prefixRange(net).first, prefixRange(net).last]) {
          for (const protocol of ["tcp", "udp"]) {
            for (let port = 0; port <= 7; port++) {
              const wanted = members.some(
                ([other, own, number]) =>
                  other !== undefined && own === protocol && number === port && prefixHolds(other, address),
              );
              const hits = written.filter(
                (one) =>
                  one.net !== undefined &&
                  one.protocol === (protocol === "tcp" ? "6" : "17") &&
                  one.first <= port &&
                  port <= one.last &&
                  prefixHolds(one.net, address),
              );
              expect(hits.length).toBe(wanted ? 1 : 0);
            }
          }
        }
      }
    }),
  );
});

it("tells sets that hold the same from sets that do not, however nft words them", () => {
  const of = (...elements: string[]) => ({
    name: "s",
    lines: elements.length === 0 ? [] : [`elements = { ${elements.join(", ")} }`],
  });
  expect(sameElements(of("10.0.1.0/24", "10.0.0.0/24", "10.9.9.9/32"), of("10.0.0.0/23", "10.9.9.9"))).toBe(true);
  expect(sameElements(of("10.0.0.0-10.0.1.255"), of("10.0.0.0/23"))).toBe(true);
  expect(sameElements(of("10.0.0.0/24 . tcp . 80-81"), of("10.0.0.0/24 . 6 . 80", "10.0.0.0/24 . 6 . 81"))).toBe(true);
  expect(sameElements(of("2001:db8::/32"), of("2001:db8::/33", "2001:db8:8000::/33"))).toBe(true);
  expect(sameElements(of("10.0.0.0/24"), of("10.0.0.0/23"))).toBe(false);
  expect(sameElements(of("10.0.0.0/24 . 6 . 80"), of("10.0.0.0/24 . 17 . 80"))).toBe(false);
  expect(sameElements(of(), of("10.0.0.0/24"))).toBe(false);
});
