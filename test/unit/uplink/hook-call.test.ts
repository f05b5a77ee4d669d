import { describe, expect, it } from "vitest";
import type { PolicyEvent } from "../../../src/uplink/event.ts";
import { hookCalls, hookEnvironment } from "../../../src/uplink/hook-call.ts";
import { uplinkEvents } from "../../../src/uplink/uplink-events.ts";
import type { UplinkState } from "../../../src/uplink/uplink-state.ts";

/** An uplink with one IPv4 address and gateway; without a gateway it has no route. */
function dsl(address: string, gateway?: string, more: Partial<UplinkState> = {}): UplinkState {
  const none = { kind: "none", onlink: false, gateways: [], reason: "no lease" } as const;
  return {
    name: "dsl",
    interface: "eth1",
    link: "up",
    addresses: [{ family: "ipv4", address, length: 24, scope: "global", flags: [] }],
    routes: {
      ipv4:
        gateway === undefined
          ? none
          : { kind: "gateway", gateway, gateways: [gateway], onlink: false, sourceAddress: address, learntFrom: "dhcp-hook" },
      ipv6: none,
    },
    ...more,
  };
}

function calls(before: UplinkState, now: UplinkState) {
  return hookCalls(uplinkEvents([before], [now]), [before], [now]);
}

const A = "198.51.100.7";
const B = "198.51.100.8";
const G = "198.51.100.1";
const COMMON = { uplink: "dsl", interface: "eth1", address: A, gateway: G };

describe("what the operator's hook is told", () => {
  it("tells that an uplink went down, and why", () => {
    const reason = "1 of 1 target failed: gateway timeout";
    expect(calls(dsl(A, G), dsl(A, G, { objection: reason }))).toEqual([{ event: "uplink-down", ...COMMON, reason }]);
    expect(calls(dsl(A, G), dsl(A, G, { link: "no-carrier" }))).toMatchObject([{ event: "uplink-down", reason: "no carrier" }]);
    expect(calls(dsl(A, G, { objection: reason }), dsl(A, G))).toMatchObject([{ event: "uplink-up", ...COMMON }]);
  });

  it("tells a redial with another address in one call, with both", () => {
    expect(calls(dsl(A), dsl(B, G))).toMatchObject([{ event: "uplink-up", address: B, oldAddress: A, gateway: G }]);
  });

  it("tells changed addresses and gateways", () => {
    expect(calls(dsl(A, G), dsl(B, G))).toMatchObject([{ event: "address-changed", address: B, oldAddress: A }]);
    expect(calls(dsl(A, "198.51.100.254"), dsl(A, G))).toMatchObject([{ event: "gateway-changed", ...COMMON }]);
  });

  it("tells groups, and all repairs at once", () => {
    const events: PolicyEvent[] = [
      { kind: "drift", text: "one" },
      { kind: "health", uplink: "dsl", text: "gateway failed: timeout" },
      { kind: "group", group: "web", uplink: "dsl", text: "lte -> dsl" },
      { kind: "drift", text: "two" },
    ];
    expect(hookCalls(events, [], [])).toEqual([
      { event: "drift-repaired", reason: "one; two" },
      { event: "group-switched", group: "web", active: "dsl", reason: "lte -> dsl" },
    ]);
  });

  it("has an environment of the same words", () => {
    expect(hookEnvironment({ event: "address-changed", uplink: "dsl", address: B, oldAddress: A, reason: "x" })).toEqual({
      PR_EVENT: "address-changed",
      PR_UPLINK: "dsl",
      PR_ADDRESS: B,
      PR_OLD_ADDRESS: A,
      PR_REASON: "x",
    });
  });
});
