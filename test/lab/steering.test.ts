import { beforeAll, expect, test } from "vitest";
import { commit } from "../support/lab-configure.ts";
import { INTERNET, STRANGER } from "../support/lab-map.ts";
import { DSL, describeLab } from "../support/lab-suite.ts";

describeLab("steering", (lab) => {
  let leased: string | undefined;
  beforeAll(async () => {
    leased = await lab().dhcp.address();
    // Without policy routing the answer to a connection from outside leaves by BGP: what track-inbound has to change.
    expect(await lab().probe("dsl", { port: 8088, to: leased ?? "", source: STRANGER.ipv4, timeout: 500 })).toEqual({
      error: "timeout",
    });
    await commit(lab(), DSL);
  });

  test("the rule's ports leave by DSL, with the leased address as source", async () => {
    for (const port of [80, 143, 443, 8000])
      expect(await lab().probe("lan", { port })).toMatchObject({ by: "dsl", source: leased });
  });

  test("every other port and protocol leaves by BGP, with its own source", async () => {
    for (const port of [22, 25, 53, 993, 8080]) {
      expect(await lab().probe("lan", { port })).toMatchObject({ by: "bgp1", source: "192.168.188.10" });
    }
    expect(await lab().probe("lan", { port: 443, protocol: "udp" })).toMatchObject({ by: "bgp1" });
  });

  test("IPv6 leaves by BGP: the rule is about eth0's networks of both families, but the uplink has no IPv6 gateway", async () => {
    expect(await lab().probe("lan", { port: 443, to: INTERNET.ipv6 })).toMatchObject({ by: "bgp1", source: "2001:db8:188::10" });
  });

  test("only sources in eth0's network match", async () => {
    expect(await lab().probe("office", { port: 443, source: "192.168.50.10", timeout: 500 })).toEqual({ error: "timeout" });
    await lab().must("bgp1", ["ip", "route", "add", "192.168.50.0/24", "via", "192.0.2.2"]);
    expect(await lab().probe("office", { port: 443 })).toMatchObject({ by: "bgp1", source: "192.168.50.10" });
  });

  test("exempt and connected networks are reached directly", async () => {
    expect(await lab().probe("lan", { port: 80, to: "192.168.50.10" })).toMatchObject({ by: "office" });
    expect(await lab().probe("lan", { port: 80, to: "192.168.77.10" })).toMatchObject({ by: "office", source: "192.168.188.10" });
    expect(await lab().probe("lan", { port: 80, to: "2001:db8:50::10" })).toMatchObject({ by: "office" });
  });

  test("the router itself is reached at each of its addresses", async () => {
    for (const to of ["192.168.188.1", leased ?? "", "192.0.2.2", "2001:db8:188::1"]) {
      expect(await lab().probe("lan", { port: 8088, to })).toMatchObject({ by: "router" });
    }
  });

  test("the router's own traffic: from the DSL address by DSL, else by BGP", async () => {
    expect(await lab().probe("router", { port: 22, source: leased ?? "" })).toMatchObject({ by: "dsl", source: leased });
    expect(await lab().probe("router", { port: 53, protocol: "udp", source: leased ?? "" })).toMatchObject({ by: "dsl" });
    expect(await lab().probe("router", { port: 443 })).toMatchObject({ by: "bgp1" });
  });

  test("a connection that comes in by DSL is answered by DSL: on the router, and behind a port forward", async () => {
    const to = leased ?? "";
    expect(await lab().probe("dsl", { port: 8088, to, source: STRANGER.ipv4 })).toMatchObject({
      by: "router",
      source: STRANGER.ipv4,
    });
    await lab().must("router", [
      "iptables",
      "-t",
      "nat",
      "-A",
      "PREROUTING",
      "-i",
      "eth1",
      "-p",
      "tcp",
      "--dport",
      "9000",
      "-j",
      "DNAT",
      "--to",
      "192.168.188.10",
    ]);
    expect(await lab().probe("dsl", { port: 9000, to, source: STRANGER.ipv4 })).toMatchObject({
      by: "lan",
      source: STRANGER.ipv4,
    });
  });

  test("a connection that comes in by BGP is answered by BGP", async () => {
    expect(await lab().probe("bgp1", { port: 8088, to: "192.0.2.2", source: STRANGER.ipv4 })).toMatchObject({ by: "router" });
    expect(await lab().probe("bgp1", { port: 80, to: "192.168.188.10", source: STRANGER.ipv4 })).toMatchObject({ by: "lan" });
  });

  test("the first rule that matches decides; exempt is a decision, a disabled rule is none", async () => {
    await commit(lab(), [
      "set policy-route rule 5 source address 192.168.188.11",
      "set policy-route rule 5 action exempt",
      "set policy-route rule 7 protocol tcp",
      "set policy-route rule 7 destination port 143",
      "set policy-route rule 7 action exempt",
      "set policy-route rule 7 disable",
    ]);
    expect(await lab().probe("lan", { port: 443, source: "192.168.188.11" })).toMatchObject({
      by: "bgp1",
      source: "192.168.188.11",
    });
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    expect(await lab().probe("lan", { port: 143 })).toMatchObject({ by: "dsl" });
  });

  test("traffic local steers what the router makes, with the uplink's address", async () => {
    await commit(lab(), [
      "set policy-route rule 30 traffic local",
      "set policy-route rule 30 protocol tcp",
      "set policy-route rule 30 destination port 993",
      "set policy-route rule 30 set uplink dsl",
    ]);
    expect(await lab().probe("router", { port: 993 })).toMatchObject({ by: "dsl", source: leased });
    expect(await lab().probe("lan", { port: 993 })).toMatchObject({ by: "bgp1" });
  });

  test("with an IPv6 gateway the same rule steers IPv6", async () => {
    await commit(lab(), ["set policy-route uplink dsl gateway6 2001:db8:51::1"]);
    expect(await lab().probe("lan", { port: 443, to: INTERNET.ipv6 })).toMatchObject({ by: "dsl", source: "2001:db8:51::57" });
    expect(await lab().probe("lan", { port: 22, to: INTERNET.ipv6 })).toMatchObject({ by: "bgp1" });
    expect(await lab().probe("lan", { port: 80, to: "2001:db8:50::10" })).toMatchObject({ by: "office" });
  });

  test("set table main and a plain table", async () => {
    await lab().must("router", ["ip", "route", "add", "default", "via", "192.0.2.5", "table", "77"]);
    await commit(lab(), [
      "set policy-route rule 8 protocol tcp",
      "set policy-route rule 8 destination port 5001",
      "set policy-route rule 8 set table 77",
    ]);
    expect(await lab().probe("lan", { port: 5001 })).toMatchObject({ by: "bgp2" });
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
  });

  test("disable takes everything out and keeps the configuration", async () => {
    await commit(lab(), ["set policy-route disable"]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "bgp1" });
    await commit(lab(), ["delete policy-route disable"]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
  });
});
