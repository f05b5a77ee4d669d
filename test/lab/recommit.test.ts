import { beforeAll, expect, test } from "vitest";
import { commit } from "../support/lab-configure.ts";
import { INTERNET } from "../support/lab-map.ts";
import { DSL, describeLab, STREAMED } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";

describeLab("commits under traffic", (lab, frontEnd) => {
  beforeAll(() => commit(lab(), [...DSL, ...STREAMED]));

  test("rules, uplinks, tables and marks change ten times: no packet of new connections goes wrong or is lost", async () => {
    const streams = await Promise.all([
      lab().stream("lan", { port: 5000, rate: 400, fresh: true }),
      lab().stream("lan", { port: 5000, rate: 400 }),
      lab().stream("lan", { port: 5000, rate: 200, fresh: true, to: INTERNET.ipv6 }),
    ]);
    for (const stream of streams) await until("packets by DSL", async () => (await stream.count()).by.dsl > 50);
    for (let i = 0; i < 5; i++) {
      await commit(lab(), [
        `set policy-route rule 15 source address 192.168.188.${100 + i}`,
        "set policy-route rule 15 set uplink dsl",
        "set policy-route uplink second interface eth3",
        "set policy-route uplink second gateway 192.0.2.5",
        "set policy-route rule 25 protocol tcp",
        `set policy-route rule 25 destination port 50${i}`,
        "set policy-route rule 25 set uplink second",
        `set policy-route exempt destination 172.16.${i}.0/24`,
      ]);
      await commit(lab(), ["delete policy-route rule 15", "delete policy-route rule 25", "delete policy-route uplink second"]);
    }
    for (const stream of streams) {
      const { sent, lost, by } = await stream.stop();
      expect({ lost, by }).toEqual({ lost: 0, by: { dsl: sent, dsl2: 0, bgp1: 0, bgp2: 0 } });
    }
  });

  test("a commit that changes nothing, and restart, leave counters and packets alone", async () => {
    const stream = await lab().stream("lan", { port: 5000, rate: 400, fresh: true });
    await until("packets by DSL", async () => (await stream.count()).by.dsl > 50);
    await lab().must("router", ["policy-route", "restart"]);
    await lab().must("router", ["policy-route", "restart"]);
    const { sent, lost, by } = await stream.stop();
    expect({ lost, dsl: by.dsl }).toEqual({ lost: 0, dsl: sent });
  });

  test("an established connection walks no rules and does not move when its rule goes", async () => {
    const lan = lab().agent("lan");
    expect(await lan.ask("open", { id: "long", address: INTERNET.ipv4, port: 443 })).toMatchObject({ by: "dsl" });
    const walked = async () => {
      const list = ["nft", "list", "chain", "ip", "policy_route", "POLICY_ROUTE_FWD"];
      const save = ["iptables-save", "-c", "-t", "mangle"];
      const rules = await lab().must("router", frontEnd === "nftables" ? list : save);
      const counters = rules.matchAll(/counter packets (\d+)|^\[(\d+):\d+\] -A POLICY_ROUTE_FWD /gm);
      return [...counters].reduce((sum, [, nft, iptables]) => sum + Number(nft ?? iptables), 0);
    };
    const before = await walked();
    expect(before).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) expect(await lan.ask("say", { id: "long" })).toMatchObject({ by: "dsl" });
    expect(await walked()).toBe(before);
    await commit(lab(), ["delete policy-route rule 10"]);
    expect(await lan.ask("say", { id: "long" })).toMatchObject({ by: "dsl" });
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "bgp1" });
    await commit(lab(), DSL);
    await lan.ask("close", { id: "long" });
  });

  test("where raw ends in NOTRACK, as on a Vyatta without firewall, steering works all the same", async () => {
    await commit(lab(), ["delete policy-route"]);
    const untrack = ["PREROUTING", "OUTPUT"].map(
      (chain) => `iptables -t raw -A ${chain} -j NOTRACK; ip6tables -t raw -A ${chain} -j NOTRACK`,
    );
    await lab().must("router", ["sh", "-euc", untrack.join("; ")]);
    await commit(lab(), [...DSL, ...STREAMED]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl", source: await lab().dhcp.address() });
    expect(await lab().probe("lan", { port: 22 })).toMatchObject({ by: "bgp1" });
    expect(await lab().probe("lan", { port: 443, to: INTERNET.ipv6 })).toMatchObject({ by: "dsl" });
    await commit(lab(), ["delete policy-route"]);
    const raw = await lab().must("router", ["iptables", "-t", "raw", "-S"]);
    expect(
      raw
        .trim()
        .split("\n")
        .filter((line) => line.startsWith("-A")),
    ).toEqual(["-A PREROUTING -j NOTRACK", "-A OUTPUT -j NOTRACK"]);
  });
});
