import { beforeAll, expect, test } from "vitest";
import { commit } from "../support/lab-configure.ts";
import type { Knocks } from "../support/lab-knock.ts";
import { DSL, describeLab } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";

const lost = (count: Knocks) => Object.values(count.errors).reduce<number>((sum, n) => sum + (n ?? 0), 0);

describeLab("the lease", (lab) => {
  const vtysh = (line: string) => lab().must("router", ["vtysh", "-c", "configure terminal", "-c", line]);
  const table = () => lab().must("router", ["ip", "route", "show", "table", "20"]);
  beforeAll(() => commit(lab(), DSL));

  test("a renewal that changes nothing leaves the kernel alone", async () => {
    const before = await lab().snapshot();
    const renewals = async () => (await lab().dhcp.reasons()).filter((reason) => reason === "RENEW").length;
    const first = await renewals();
    await until("two renewals", async () => (await renewals()) >= first + 2, { timeout: 15_000 });
    const after = await lab().snapshot();
    for (const part of ["iptables-save", "nft list ruleset", "ip rule", "ip route show table all", "sysctl"])
      expect(after[part], part).toEqual(before[part]);
  });

  test("a new gateway at renewal: the route is replaced in place, no connection is lost", async () => {
    const knocks = await lab().knock("lan", { port: 443, rate: 100 });
    await lab().dhcp.serve({ routers: ["198.51.100.254", "198.51.100.1"] });
    await until("the new gateway", async () => ((await knocks.count()).by["dsl2"] ?? 0) > 100, { timeout: 15_000 });
    const count = await knocks.stop();
    expect(lost(count)).toBe(0);
    expect(count.by["bgp1"] ?? 0).toBe(0);
    expect(await table()).toMatch(/default via 198\.51\.100\.254 dev eth1/);
  });

  test("the server is silent until the lease ends: BGP; it answers again: DSL", async () => {
    lab().dhcp.stopServer();
    await until("EXPIRE", async () => (await lab().dhcp.reasons()).some((reason) => reason === "EXPIRE" || reason === "FAIL"), {
      timeout: 30_000,
    });
    await until("BGP", async () => (await lab().probe("lan", { port: 443, timeout: 500 })).by === "bgp1");
    await until("no default in the table", async () => !(await table()).includes("default via"));
    await lab().dhcp.serve();
    await until("DSL", async () => (await lab().probe("lan", { port: 443, timeout: 500 })).by === "dsl", { timeout: 30_000 });
  });

  test("the client is stopped in order (RELEASE): BGP", async () => {
    await lab().dhcp.release();
    await until("BGP", async () => (await lab().probe("lan", { port: 443, timeout: 500 })).by === "bgp1");
    await lab().dhcp.startClient();
    await until("DSL", async () => (await lab().probe("lan", { port: 443, timeout: 500 })).by === "dsl");
  });

  test("the hook never fails the client, whatever it is called with", async () => {
    for (const reason of [
      "BOUND",
      "RENEW",
      "EXPIRE",
      "FAIL",
      "STOP",
      "TIMEOUT",
      "BOUND6",
      "EXPIRE6",
      "PREINIT",
      "NBI",
      "",
      "no such reason",
    ]) {
      const hook = 'set -e; interface=eth9; . /etc/dhcp/dhclient-exit-hooks.d/policy-route; echo "goes on"';
      const result = await lab().exec("router", ["sh", "-c", hook], { env: { reason, interface: "eth9" } });
      expect(result, reason).toEqual({ exitCode: 0, stdout: "goes on\n", stderr: "" });
    }
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
  });

  test("no hook has spoken and no lease file is there: the router's CLI over ssh knows the gateway", async () => {
    lab().dhcp.killClient();
    await commit(lab(), ["delete policy-route"]);
    await lab().must("router", ["sh", "-euc", "rm -rf /var/lib/dhcp /run/policy-route/leases"]);
    // A better default in the RIB keeps DHCP's out of the kernel, as BGP does with a default of its own.
    await vtysh("ip route 0.0.0.0/0 192.0.2.5 5");
    await until("the better default", async () =>
      (await lab().must("router", ["ip", "route", "show", "default"])).includes("via 192.0.2.5"),
    );
    expect(await lab().must("router", ["ip", "route", "show", "default"])).not.toContain("eth1");

    await commit(lab(), [...DSL, "set policy-route router-access disable"]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "bgp1" });
    await commit(lab(), ["delete policy-route router-access disable"]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    expect(await table()).toMatch(/default via 198\.51\.100\.1 dev eth1/);
    await vtysh("no ip route 0.0.0.0/0 192.0.2.5 5");
  });
});
