import { describe, expect, it } from "vitest";
import { pppReport } from "../../../src/uplink/ppp-report.ts";

describe("pppReport", () => {
  const up = { interface: "ppp1", family: "ipv4", gateways: ["203.0.113.1"], address: "203.0.113.77", source: "ppp-hook", at: 9 };

  it("reads pppd's words, an empty tty (PPPoE) included", () => {
    const words = ["ppp1", "", "0", "203.0.113.77", "203.0.113.1", "eth1"];
    expect(pppReport("up", "ipv4", words, {}, 9)).toEqual({ report: up, anew: true, problems: [] });
  });

  it("reads pppd's environment and that of Debian's ip-up", () => {
    expect(pppReport("up", "ipv4", [], { IFNAME: "ppp1", IPLOCAL: "203.0.113.77", IPREMOTE: "203.0.113.1" }, 9).report).toEqual(
      up,
    );
    const debian = { PPP_IFACE: "ppp1", PPP_LOCAL: "203.0.113.77", PPP_REMOTE: "203.0.113.1" };
    expect(pppReport("up", "ipv4", [], debian, 9).report).toEqual(up);
  });

  it("reads ipv6-up: the link-local addresses", () => {
    expect(pppReport("up", "ipv6", ["ppp1", "", "0", "fe80::2", "fe80::1", ""], {}, 9).report).toMatchObject({
      family: "ipv6",
      gateways: ["fe80::1"],
      address: "fe80::2",
    });
  });

  it("records the end of a session", () => {
    expect(pppReport("down", "ipv4", ["ppp1", "", "0", "203.0.113.77", "203.0.113.1"], {}, 9).report).toEqual({
      interface: "ppp1",
      family: "ipv4",
      gateways: [],
      source: "ppp-hook",
      at: 9,
    });
  });

  it("goes on without a peer address, and refuses names and addresses that are none", () => {
    expect(pppReport("up", "ipv4", ["ppp1", "", "0", "203.0.113.77", "0.0.0.0"], {}, 9)).toMatchObject({
      report: { gateways: [], address: "203.0.113.77" },
      problems: ['"0.0.0.0" cannot be the peer of ppp1'],
    });
    expect(pppReport("up", "ipv4", ["ppp1", "", "0", "fe80::2", "203.0.113.1"], {}, 9).report).toBeUndefined();
    expect(pppReport("up", "ipv4", ["../ppp1", "", "0", "203.0.113.77", "203.0.113.1"], {}, 9).report).toBeUndefined();
    expect(pppReport("up", "ipv4", [], {}, 9).problems).toHaveLength(1);
  });
});
