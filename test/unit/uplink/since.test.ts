import { expect, it } from "vitest";
import { sinceOf } from "../../../src/uplink/since.ts";
import type { UplinkState } from "../../../src/uplink/uplink-state.ts";

const uplink = (name: string, link: UplinkState["link"], objection?: string): UplinkState => ({
  name,
  interface: "eth1",
  link,
  addresses: [],
  routes: {
    ipv4: { kind: "gateway", gateway: "192.0.2.1", onlink: false, gateways: [] },
    ipv6: { kind: "none", onlink: false, gateways: [] },
  },
  ...(objection === undefined ? {} : { objection }),
});

it("goes on while the state is the same, whatever the reason, and begins anew when it is another", () => {
  const first = sinceOf({}, [uplink("a", "up"), uplink("b", "no-carrier")], 100);
  expect(first).toEqual({ a: { up: true, at: 100 }, b: { up: false, at: 100 } });
  const second = sinceOf(first, [uplink("a", "up", "its probes fail"), uplink("b", "missing"), uplink("constructor", "up")], 200);
  expect(second).toEqual({ a: { up: false, at: 200 }, b: { up: false, at: 100 }, constructor: { up: true, at: 200 } });
  expect(sinceOf(second, [uplink("b", "up")], 300)).toEqual({ b: { up: true, at: 300 } });
});
