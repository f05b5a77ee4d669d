import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../support/lab.ts";
import { INTERNET } from "../support/lab-map.ts";
import { compareSnapshots } from "../support/lab-snapshot.ts";
import { until } from "../support/lab-wait.ts";

/** The lab itself, without policy routing: if these fail, no other packet test says anything. */
describe("lab", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ program: false });
  }, 60_000);
  afterAll(() => lab?.stop());

  test("everything goes by BGP, with the LAN's own source", async () => {
    for (const port of [22, 80, 143, 443, 8000, 8080]) {
      expect(await lab.probe("lan", { port })).toMatchObject({ by: "bgp1", source: "192.168.188.10" });
    }
    expect(await lab.probe("lan", { port: 53, protocol: "udp" })).toMatchObject({ by: "bgp1" });
    expect(await lab.probe("lan", { port: 443, to: INTERNET.ipv6 })).toMatchObject({ by: "bgp1", source: "2001:db8:188::10" });
    expect(await lab.probe("router", { port: 443 })).toMatchObject({ by: "bgp1" });
  });

  test("internal networks answer themselves", async () => {
    expect(await lab.probe("lan", { port: 80, to: "192.168.50.10" })).toMatchObject({ by: "office" });
    expect(await lab.probe("lan", { port: 80, to: "192.168.77.10" })).toMatchObject({ by: "office" });
    expect(await lab.probe("lan", { port: 8088, to: "192.168.188.1" })).toMatchObject({ by: "router" });
  });

  test("the router has a lease, and its CLI knows the gateway the kernel does not", async () => {
    expect(await lab.dhcp.address()).toMatch(/^198\.51\.100\.5\d|60$/);
    const ssh = [
      "ssh",
      "-i",
      "/config/auth/policy-route/id_ed25519",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "BatchMode=yes",
      "vyos@127.0.0.1",
    ];
    const cli = await lab.must("router", [...ssh, "/opt/vyatta/bin/vyatta-op-cmd-wrapper show ip route 0.0.0.0/0"]);
    expect(cli).toMatch(/198\.51\.100\.1, via eth1/);
  });

  test("the DSL gateways answer when asked, each by its own name", async () => {
    const device = ["dev", "eth1"];
    for (const [by, gateway] of [
      ["dsl", "198.51.100.1"],
      ["dsl2", "198.51.100.254"],
    ] as const) {
      await lab.must("router", ["ip", "route", "replace", "203.0.113.10/32", "via", gateway, ...device]);
      expect(await lab.probe("router", { port: 80 })).toMatchObject({ by, source: await lab.dhcp.address() });
    }
    await lab.must("router", ["ip", "route", "del", "203.0.113.10/32"]);
  });

  test("a stream counts every datagram once; bgp2 takes over when bgp1 loses carrier", async () => {
    const stream = await lab.stream("lan", { port: 5000, rate: 500 });
    await until("500 datagrams", async () => (await stream.count()).by.bgp1 >= 500);
    const count = await stream.stop();
    expect(count).toMatchObject({ lost: 0, refused: 0 });
    expect(count.by.bgp1).toBe(count.sent);
    const capture = await lab.capture("bgp2", "eth0", "tcp port 8080");
    await lab.carrier("eth2", "down");
    await until("bgp2", async () => (await lab.probe("lan", { port: 8080, timeout: 300 })).by === "bgp2");
    await lab.carrier("eth2", "up");
    expect((await capture.stop()).length).toBeGreaterThan(0);
    await until("bgp1 again", async () => (await lab.probe("lan", { port: 80, timeout: 300 })).by === "bgp1", {
      timeout: 20_000,
    });
  });

  test("the provider's new gateway is in the lease after the next renewal", async () => {
    await lab.dhcp.serve({ routers: ["198.51.100.254"] });
    await until("the new gateway", async () =>
      (await lab.must("router", ["vtysh", "-c", "show ip route 0.0.0.0/0"])).includes("198.51.100.254"),
    );
    await lab.dhcp.serve();
    await until("the old gateway", async () =>
      /\.1, via eth1/.test(await lab.must("router", ["vtysh", "-c", "show ip route 0.0.0.0/0"])),
    );
    expect(await lab.dhcp.reasons()).toContain("RENEW");
  });

  test("a snapshot sees a rule, a route, a sysctl and a file, and nothing when all are taken back", async () => {
    const before = await lab.snapshot();
    await lab.must("router", [
      "sh",
      "-euc",
      "iptables -t mangle -A PREROUTING -j MARK --set-mark 1; ip rule add pref 5 lookup 99; ip route add default via 192.0.2.1 table 99; sysctl -qw net.ipv4.conf.eth1.src_valid_mark=1; echo > /etc/x",
    ]);
    const seen = compareSnapshots(before, await lab.snapshot()).join("\n");
    for (const part of ["-j MARK", "lookup 99", "table 99", "src_valid_mark = 1", "./etc/x"]) expect(seen).toContain(part);
    await lab.must("router", [
      "sh",
      "-euc",
      "iptables -t mangle -F PREROUTING; ip rule del pref 5; ip route flush table 99; sysctl -qw net.ipv4.conf.eth1.src_valid_mark=0; rm /etc/x",
    ]);
    expect(compareSnapshots(before, await lab.snapshot())).toEqual([]);
  });
});
