import { describe, expect, test } from "vitest";
import { uplinkEvents } from "../../../src/uplink/uplink-events.ts";
import type { UplinkRoute, UplinkState } from "../../../src/uplink/uplink-state.ts";

const via = (gateway: string, learntFrom: UplinkRoute["learntFrom"] = "dhcp-hook"): UplinkRoute => ({
  kind: "gateway",
  gateway,
  onlink: false,
  learntFrom: learntFrom ?? "dhcp-hook",
  gateways: [gateway],
});
const none = (reason: string): UplinkRoute => ({ kind: "none", onlink: false, gateways: [], reason });
const dsl = (changes: Partial<UplinkState> = {}, ipv4: UplinkRoute = via("198.51.100.1")): UplinkState => ({
  name: "dsl",
  interface: "eth1",
  link: "up",
  addresses: [{ family: "ipv4", address: "198.51.100.7", length: 24, scope: "global", flags: [] }],
  routes: { ipv4, ipv6: none("no router advertisement yet") },
  ...changes,
});

describe("what happened to an uplink", () => {
  test.each<[string, UplinkState, UplinkState, string[]]>([
    ["nothing", dsl(), dsl(), []],
    ["no carrier", dsl(), dsl({ link: "no-carrier" }), ["dsl down no carrier"]],
    ["the interface goes", dsl(), dsl({ link: "missing", addresses: [] }), ["dsl down the interface does not exist"]],
    ["the operator objects", dsl(), dsl({ objection: "forced down by the operator" }), ["dsl down forced down by the operator"]],
    ["carrier again", dsl({ link: "no-carrier" }), dsl(), ["dsl up 198.51.100.1 (dhcp)"]],
    ["the lease expires", dsl(), dsl({}, none("the lease has expired")), ["dsl down the lease has expired"]],
    [
      "a renewal with another gateway",
      dsl(),
      dsl({}, via("198.51.100.254")),
      ["dsl gateway 198.51.100.1 -> 198.51.100.254 (dhcp)"],
    ],
    [
      "another address",
      dsl(),
      dsl({ addresses: [{ family: "ipv4", address: "198.51.100.8", length: 24, scope: "global", flags: [] }] }),
      ["dsl address 198.51.100.7/24 is gone, 198.51.100.8/24 is new"],
    ],
    ["gone and still gone", dsl({ link: "no-carrier" }), dsl({ link: "missing" }), []],
  ])("%s", (_, before, now, events) => {
    expect(uplinkEvents([before], [now]).map(({ uplink, kind, text }) => `${uplink} ${kind} ${text}`)).toEqual(events);
  });

  test("an uplink that was configured just now is only told of when it is down", () => {
    expect(uplinkEvents([], [dsl()])).toEqual([]);
    expect(uplinkEvents([], [dsl({ link: "admin-down" })])).toEqual([{ uplink: "dsl", kind: "down", text: "taken down" }]);
    expect(uplinkEvents([dsl()], [])).toEqual([]);
  });
});
