import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUILT_IN_LOOKUPS, parseLookups } from "../../../src/config/lookups.ts";
import { compareNatural } from "../../../src/config/natural-order.ts";
import { editDistance, suggest } from "../../../src/config/suggest.ts";

describe("services and protocols", () => {
  const lookups = parseLookups(
    "# comment\nssh\t\t22/tcp\t\t\t\t# SSH\nhttp 80/tcp www # WWW\nhttp 8000/udp\nbroken\nodd 12/foo\nssh-alt 2222/tcp\n",
    "ip\t0\tIP\ntcp\t6\tTCP\nipv6-icmp 58 IPv6-ICMP\nmine 200 MINE\n",
  );

  it("come from the files, aliases included; the first mention of a name counts", () => {
    expect(["ssh", "www", "http", "ssh-alt"].map(lookups.service)).toEqual([22, 80, 80, 2222]);
    expect(["mine", "MINE", "tcp", "TCP", "IPv6-ICMP", "ip"].map(lookups.protocol)).toEqual([200, 200, 6, 6, 58, 0]);
  });

  it("have the commonest names without any file, and no name of all objects", () => {
    const names = ["tcp", "udp", "icmp", "icmpv6", "sctp", "dccp", "udplite", "gre", "esp", "ah", "ospf", "igmp"];
    expect(names.map(BUILT_IN_LOOKUPS.protocol)).toEqual([6, 17, 1, 58, 132, 33, 136, 47, 50, 51, 89, 2]);
    expect(["https", "ssh", "domain"].map(BUILT_IN_LOOKUPS.service)).toEqual([443, 22, 53]);
    for (const name of ["odd", "broken", "constructor", "toString", "__proto__", ""])
      expect(lookups.service(name)).toBeUndefined();
  });
});

describe("did you mean", () => {
  it("offers the nearest word, or none", () => {
    expect(suggest("dls", ["main", "dsl", "lte"])).toBe(' (did you mean "dsl"?)');
    expect(suggest("uplnk", ["group", "uplink"])).toBe(' (did you mean "uplink"?)');
    expect(suggest("Protocol", ["protocol"])).toBe(' (did you mean "protocol"?)');
    expect(suggest("xyzzy", ["group", "uplink"])).toBe("");
    expect(suggest("x".repeat(100_000), ["x"])).toBe("");
  });

  it("counts edits: a metric but for swaps, at most the longer word", () => {
    expect(
      ["kitten sitting", "ab ba", "abc abc", "abc ", " abc"].map((pair) =>
        editDistance(...(pair.split(" ") as [string, string])),
      ),
    ).toEqual([3, 1, 0, 3, 3]);
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe("natural order", () => {
  it("is the engine's", () => {
    expect(["100", "15", "9", "b10", "b9", "B1", "a~", "a", "a-", "ab"].sort(compareNatural)).toEqual([
      "9",
      "15",
      "100",
      "B1",
      "a~",
      "a",
      "ab",
      "a-",
      "b9",
      "b10",
    ]);
  });

  it("is an order", () => {
    const word = fc.string({ maxLength: 6, unit: fc.constantFrom(..."aB019-~.".split("")) });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(Math.sign(compareNatural(a, b)) + Math.sign(compareNatural(b, a))).toBe(0);
        expect(compareNatural(a, b) === 0).toBe(a === b);
        if (compareNatural(a, b) <= 0 && compareNatural(b, c) <= 0) expect(compareNatural(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });
});
