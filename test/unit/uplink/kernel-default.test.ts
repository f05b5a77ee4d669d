import { describe, expect, it } from "vitest";
import { parseDefaultAnswers, renderDefaultQuery } from "../../../src/uplink/kernel-default.ts";

describe("the kernel's default routes", () => {
  it("asks one lookup per interface", () => {
    expect(renderDefaultQuery("ipv4", ["eth1", "eth2"])).toBe(
      "route get fibmatch 240.0.0.1 oif eth1\nroute get fibmatch 240.0.0.1 oif eth2\n",
    );
  });

  it("reads IPv4 defaults of any maker", () => {
    const text = `[{"dst":"default","gateway":"198.51.100.1","dev":"eth1","protocol":"16","metric":500,"flags":[]}]
[{"dst":"default","dev":"wg0","scope":"253","flags":[]}]
[{"dst":"240.0.0.0/4","gateway":"198.51.100.9","dev":"eth2","flags":[]}]
`;
    expect(parseDefaultAnswers(text, "ipv4")).toEqual([
      { interface: "eth1", family: "ipv4", gateways: ["198.51.100.1"], source: "kernel" },
    ]);
  });

  it("reads IPv6 defaults of router advertisements only", () => {
    const text = `[{"dst":"default","gateway":"fe80::1","dev":"eth1","protocol":"9","metric":1024,"flags":[],"pref":"medium"}]
[{"dst":"default","gateway":"fe80::2","dev":"eth2","protocol":"4","metric":10,"flags":[],"pref":"medium"}]
`;
    expect(parseDefaultAnswers(text, "ipv6")).toEqual([
      { interface: "eth1", family: "ipv6", gateways: ["fe80::1"], source: "kernel" },
    ]);
  });

  it("takes no other text for an answer", () => {
    expect(parseDefaultAnswers("RTNETLINK answers: No route to host\n{}\n[[]]\n", "ipv4")).toEqual([]);
  });
});
