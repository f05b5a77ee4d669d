import { describe, expect, it } from "vitest";
import { forgetConnections } from "../../../src/compile/forget-connections.ts";
import { formatFwmark } from "../../../src/net/fwmark.ts";
import { twoMoments } from "./two-moments.ts";

const ALL_UP = "link eth1 up 198.51.100.7/24\nlink eth2 up 192.0.2.7/24\nno-ipv6";
const A_DOWN = ALL_UP.replace("eth1 up", "eth1 no-carrier");

/** Slots: a 1, b 2, group web 3, its members a 4 and b 5. */
const BASE = [
  "uplink a interface eth1",
  "uplink a gateway 198.51.100.1",
  "uplink a if-down prohibit",
  "uplink a health target gateway",
  "uplink b interface eth2",
  "uplink b gateway 192.0.2.1",
  "uplink b if-down prohibit",
  "group web uplink a priority 10",
  "group web uplink b priority 20",
  "group web if-down prohibit",
  "rule 10 set group web",
];

/** `mark/mask`, with `translated` where only such connections are meant. */
function forgotten(before: string, after: string, ...lines: readonly string[]): string[] {
  // A later line takes the place of an earlier one with the same leaf.
  const leaves = new Map([...BASE, ...lines].map((line) => [line.slice(0, line.lastIndexOf(" ")), line]));
  const { config, assignment, former, now } = twoMoments([...leaves.values()], before, after);
  return forgetConnections(config, assignment, ["ipv4"], former, now).map(
    ({ mark, translated }) => `${formatFwmark(mark)}${translated ? " translated" : ""}`,
  );
}

describe("auto", () => {
  it("forgets translated connections of the member, where another lives, and nothing behind a kill switch", () => {
    expect(forgotten(ALL_UP, A_DOWN)).toEqual(["0x00400000/0x0ff00000 translated"]);
    expect(forgotten(ALL_UP, `${A_DOWN}\nforced b down`)).toEqual([]);
    expect(forgotten(ALL_UP, `${ALL_UP}\nhealth a down silent`)).toEqual(["0x00400000/0x0ff00000 translated"]);
  });

  it("takes main for another way", () => {
    expect(forgotten(ALL_UP, A_DOWN, "uplink a if-down main")).toEqual([
      "0x00100000/0x0ff00000 translated",
      "0x00400000/0x0ff00000 translated",
    ]);
  });

  it("leaves masqueraded ones to the kernel", () => {
    expect(forgotten(ALL_UP, A_DOWN, "uplink a source-nat masquerade", "uplink a if-down main")).toEqual([]);
  });

  it("does nothing while nothing changes, on the way back, and for what nobody knew", () => {
    expect(forgotten(ALL_UP, ALL_UP)).toEqual([]);
    expect(forgotten(A_DOWN, A_DOWN)).toEqual([]);
    expect(forgotten(A_DOWN, ALL_UP)).toEqual([]);
    expect(forgotten("no-ipv6", A_DOWN)).toEqual([]);
  });

  it("forgets what failback immediate takes away from a stand-in", () => {
    expect(forgotten(A_DOWN, ALL_UP, "group web failback immediate")).toEqual(["0x00500000/0x0ff00000 translated"]);
    expect(forgotten(`${ALL_UP}\nheld web a`, ALL_UP, "group web failback immediate")).toEqual([
      "0x00500000/0x0ff00000 translated",
    ]);
    expect(forgotten(A_DOWN, `${ALL_UP}\nheld web a`, "group web failback immediate")).toEqual([]);
  });
});

describe("what the operator asks for", () => {
  it("never", () => {
    expect(forgotten(ALL_UP, A_DOWN, "uplink a flush-connections never", "uplink a if-down main")).toEqual([]);
  });

  it("on-down: all of the uplink, in both directions, kill switch or not", () => {
    const all = ["0x00100000/0x07f00000", "0x00400000/0x07f00000"];
    expect(forgotten(ALL_UP, A_DOWN, "uplink a flush-connections on-down")).toEqual(all);
    expect(forgotten(ALL_UP, `${A_DOWN}\nforced b down`, "uplink a flush-connections on-down")).toEqual(all);
    expect(forgotten(A_DOWN, ALL_UP, "uplink a flush-connections on-down")).toEqual([]);
  });

  it("both: also on the way back, its own and those of its stand-ins", () => {
    const both = "uplink a flush-connections both";
    expect(forgotten(ALL_UP, A_DOWN, both)).toEqual(["0x00100000/0x07f00000", "0x00400000/0x07f00000"]);
    expect(forgotten(A_DOWN, ALL_UP, both)).toEqual(["0x00100000/0x07f00000", "0x00400000/0x07f00000", "0x00500000/0x07f00000"]);
    expect(forgotten(`${A_DOWN}\nforced b down`, ALL_UP, both, "group web if-down main")).toContain("0x07f00000/0x07f00000");
    expect(forgotten(A_DOWN, `${ALL_UP}\nheld web a`, both)).toEqual(["0x00100000/0x07f00000"]);
    expect(forgotten(`${ALL_UP}\nheld web a`, ALL_UP, both)).toEqual(["0x00400000/0x07f00000", "0x00500000/0x07f00000"]);
  });

  it("leaves the connections of other uplinks alone when a stand-in comes and goes", () => {
    const b = ALL_UP.replace("eth2 up", "eth2 no-carrier");
    expect(forgotten(ALL_UP, b, "uplink b flush-connections both", "uplink a flush-connections both")).toEqual([
      "0x00200000/0x07f00000",
      "0x00500000/0x07f00000",
    ]);
    expect(forgotten(b, ALL_UP, "uplink a flush-connections both")).toEqual([]);
  });
});
