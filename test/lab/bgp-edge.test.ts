import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleLines } from "../support/example.ts";
import { type FrontEnd, frontEndScript } from "../support/front-end.ts";
import type { Answer } from "../support/lab-agent.ts";
import { commit } from "../support/lab-configure.ts";
import { INTERNET } from "../support/lab-map.ts";
import { ROUTER } from "../support/lab-router.ts";
import { describeLab } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import { makeWlb, type Wlb, wlbConfig, wlbSystem } from "../support/neighbours/wlb.ts";
import type { WlbForm } from "../support/neighbours/wlb-config.ts";

/** The generation of WAN load balancing beside each. */
const FORMS: Readonly<Record<FrontEnd, WlbForm>> = {
  "iptables-nft": "current",
  "iptables-legacy": "vyatta",
  // Not "nft": the newest looks in main first for all but the default, so that it does not balance what BGP has a route for.
  nftables: "current",
};
const FRONT = "/run/pr/front";
/** The office's network, which WAN load balancing translates: what each provider sees of it. */
const BALANCED = { bgp1: "192.0.2.2", bgp2: "192.0.2.6" } as const;
const EXAMPLE = exampleLines("bgp-edge").map((line) => `set policy-route ${line}`);

describeLab("BGP edge beside WAN load balancing", (lab, frontEnd) => {
  let wlb: Wlb;
  let monitor: ReturnType<ReturnType<typeof lab>["world"]["start"]>;
  beforeAll(async () => {
    const env = { PATH: `${FRONT}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: "C" };
    const form = FORMS[frontEnd];
    const { world } = lab();
    await world.must({ netns: "router" }, ["sh", "-euc", `${frontEndScript(FRONT, frontEnd)}\n${wlbSystem(form)}`], { env });
    const uplinks = [
      { device: "eth2", gateway: "192.0.2.1", address: BALANCED.bgp1 },
      { device: "eth3", gateway: "192.0.2.5", address: BALANCED.bgp2 },
    ];
    wlb = await makeWlb({ world, env }, wlbConfig(form, { inbound: "eth4", uplinks }));
    await wlb.start();
    await commit(lab(), EXAMPLE);
    monitor = world.start(ROUTER, ["policy-route", "monitor"]);
  }, 60_000);
  afterAll(() => {
    expect(wlb?.failures()).toEqual([]);
    if (monitor !== undefined) kill(monitor);
  });

  const web = () => lab().probe("lan", { port: 443, timeout: 500 });
  const office = () => lab().probe("office", { port: 443, timeout: 500 });

  /** New connections: the LAN's web by DSL, its rest as BGP says, the office's by both providers. */
  async function asConfigured(): Promise<void> {
    const dsl = await lab().dhcp.address();
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 20; i++) {
      expect(await web()).toMatchObject({ by: "dsl", source: dsl });
      expect(await lab().probe("lan", { port: 22 })).toMatchObject({ by: "bgp1", source: "192.168.188.10" });
      const { by, source } = await office();
      expect(source).toBe(BALANCED[by as keyof typeof BALANCED]);
      seen.add(by);
    }
    expect(seen).toEqual(new Set(["bgp1", "bgp2"]));
  }

  const open = (host: "lan" | "office", id: string) =>
    lab().agent(host).ask<Answer>("open", { id, address: INTERNET.ipv4, port: 443, timeout: 2000 });
  const say = async (host: "lan" | "office", id: string) =>
    (await lab().agent(host).ask<Answer>("say", { id, timeout: 5000 })).by;

  /** Long connections of everybody, while `event` happens; each has to be where it was. */
  async function through(event: () => Promise<unknown>): Promise<void> {
    const long = [["lan", "web"] as const, ...["a", "b", "c", "d", "e", "f"].map((id) => ["office", id] as const)];
    const before: (string | undefined)[] = [];
    for (const [host, id] of long) before.push((await open(host, id)).by);
    await event();
    await until("web by DSL", async () => (await web()).by === "dsl");
    await asConfigured();
    for (const [n, [host, id]] of long.entries()) expect(await say(host, id), `${host} ${id}`).toBe(before[n]);
    for (const [host, id] of long) await lab().agent(host).ask("close", { id });
  }

  test("each does its own: by the DSL line, by the load balancer, by BGP; `backend auto` takes nftables beside it", async () => {
    expect(await lab().must("router", ["policy-route", "show"])).toMatch(/^Policy routing: active, in sync, backend nftables/);
    await asConfigured();
    if (frontEnd !== "nftables") {
      await commit(lab(), ["set policy-route backend iptables"]);
      await asConfigured();
    }
  });

  test("the load balancer starts again: new connections and old ones of both stay where they belong", () =>
    through(() => wlb.restart()));

  test("we commit: the same", async () => {
    const rules = async () =>
      (await lab().must("router", ["ip", "rule"])).split("\n").filter((line) => !line.includes("policy-route"));
    const before = await rules();
    await through(() =>
      commit(lab(), ["set policy-route rule 10 destination port 80,443,8000", "set policy-route rule 10 log enable"]),
    );
    expect(await rules()).toEqual(before);
    expect(await lab().probe("lan", { port: 8000 })).toMatchObject({ by: "dsl" });
  });

  test("DSL is down: as BGP says, not as the load balancer does; and it balances on when we are gone", async () => {
    await lab().carrier("eth1", "down");
    expect(await web()).toMatchObject({ by: "bgp1", source: "192.168.188.10" });
    await commit(lab(), ["delete policy-route"]);
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 20; i++) seen.add((await office()).by);
    expect(seen).toEqual(new Set(["bgp1", "bgp2"]));
  });
});
