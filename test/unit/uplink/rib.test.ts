import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ribReports } from "../../../src/uplink/rib-default.ts";
import { parseRibJson } from "../../../src/uplink/rib-json.ts";
import { parseRibText } from "../../../src/uplink/rib-text.ts";

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const gatewaysOf = (defaults: Parameters<typeof ribReports>[0] | undefined) =>
  defaults && Object.fromEntries(ribReports(defaults, 1).map((report) => [report.interface, report.gateways]));

/** Answers of FRR 8.4.4 to both forms of the question (fixtures/frr-*), and what they mean. */
const FRR = {
  "frr-none": {},
  "frr-kernel": { eth2: ["198.51.100.1"] },
  "frr-dhcp-static-210": { eth1: ["203.0.113.1"], eth2: ["198.51.100.1"] },
  "frr-two-kernel": { eth1: ["203.0.113.1"], eth2: ["198.51.100.1"], eth3: ["192.0.2.1", "192.0.2.99"] },
  "frr-directly-connected": {},
  "frr-onlink": { eth3: ["10.9.9.9"] },
  "frr-recursive": { eth3: ["192.0.2.1"] },
  "frr-blackhole": {},
};

describe("the router's RIB", () => {
  it.each(Object.entries(FRR))("%s: text and JSON say the same", (name, gateways) => {
    expect(gatewaysOf(parseRibText(fixture(`${name}.txt`)))).toEqual(gateways);
    expect(gatewaysOf(parseRibJson(fixture(`${name}.json`)))).toEqual(gateways);
  });

  it("finds the winner by `best`, not by the star", () => {
    for (const defaults of [parseRibText(fixture("frr-two-kernel.txt")), parseRibJson(fixture("frr-two-kernel.json"))]) {
      expect(defaults?.filter((route) => route.best).map((route) => route.nexthops)).toEqual([
        [{ interface: "eth2", gateway: "198.51.100.1", active: true }],
      ]);
    }
  });

  it("reads Quagga", () => {
    expect(gatewaysOf(parseRibText(fixture("quagga-static.txt")))).toEqual({ eth1: ["198.51.100.1"] });
    expect(gatewaysOf(parseRibText(fixture("quagga-bgp-and-dhcp.txt")))).toEqual({
      eth1: ["198.51.100.1"],
      eth2: ["203.0.113.1"],
    });
    expect(parseRibText("% Network not in table\n")).toEqual([]);
  });

  it("leaves out inactive next hops", () => {
    expect(gatewaysOf(parseRibText(fixture("frr-inactive.txt")))).toEqual({});
    const json = fixture("frr-kernel.json").replaceAll(/"active": ?true/g, '"active": false');
    expect(gatewaysOf(parseRibJson(json))).toEqual({});
    // As FRR says it: flags that are false are left out.
    expect(gatewaysOf(parseRibJson(json.replaceAll('"active": false', '"duplicate": true')))).toEqual({});
  });

  it("puts the line's own default before one that BGP learnt over it", () => {
    const text = `${fixture("quagga-bgp-and-dhcp.txt").replace("203.0.113.1, via eth2", "198.51.100.66, via eth1")}`;
    expect(gatewaysOf(parseRibText(text))).toEqual({ eth1: ["198.51.100.1", "198.51.100.66"] });
  });

  it("reads through a pager's escapes", () => {
    const paged = `\u001b[?1h\u001b=\r${fixture("quagga-static.txt").replaceAll("\n", "\u001b[m\r\n")}\u001b[K`;
    expect(gatewaysOf(parseRibText(paged))).toEqual({ eth1: ["198.51.100.1"] });
  });

  it.each(["Invalid command: [show]", "% Unknown command.", "vbash: no such file", "{}", '{"0.0.0.0/0":7}', "\u0000\u0001"])(
    "does not take %j for an answer",
    (text) => {
      expect(parseRibText(text)).toBeUndefined();
      if (text !== "{}") expect(parseRibJson(text)).toBeUndefined();
    },
  );

  it("does not take another prefix for the default", () => {
    const text = fixture("quagga-static.txt").replace("0.0.0.0/0", "0.0.0.0/1");
    expect(parseRibText(text)).toBeUndefined();
  });
});
