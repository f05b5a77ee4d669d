import { readFileSync } from "node:fs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { labFile } from "../support/lab-file.ts";
import { INTERNET } from "../support/lab-map.ts";
import type { Count } from "../support/lab-stream.ts";
import { describeLab } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";

/** Group web: DSL first, then the second BGP provider; with `if-down main`, which would be the first one. */
const GROUP: readonly string[] = [
  ...readFileSync(labFile("examples/failover/router.config"), "utf8").split("\n"),
  "set policy-route rule 10 destination port 443,5000",
  "set policy-route group web if-down main",
].filter((line) => line.startsWith("set "));

const router = (lab: Lab, ...argv: string[]) => lab.must("router", argv);
const force = (lab: Lab, ...words: string[]) => router(lab, "policy-route", "force", ...words);
const open = (lab: Lab, id: string, port = 443) => lab.agent("lan").ask("open", { id, address: INTERNET.ipv4, port });
const say = (lab: Lab, id: string) => lab.agent("lan").ask<{ by?: string; error?: string }>("say", { id });

/** Connections that a test leaves behind must not decide about those of the next. */
async function whole(lab: Lab): Promise<void> {
  for (const line of ["eth1", "eth3"] as const) {
    await lab.carrier(line, "up");
    // The kernel hears of a live link from a work queue, too: a commit before that would find the line dead.
    await until(`${line} to be up`, async () => (await router(lab, "cat", `/sys/class/net/${line}/operstate`)).trim() === "up");
  }
  await router(lab, "sh", "-c", "rm -f /run/policy-route/forced.json /run/policy-route/liveness.json; conntrack -F 2>/dev/null");
}

/** Waits until new connections of the group are answered by that provider, in both families if not told otherwise. */
async function reaches(lab: Lab, provider: string, addresses: readonly string[] = Object.values(INTERNET)): Promise<void> {
  for (const to of addresses) {
    await until(`${provider} (${to})`, async () => (await lab.probe("lan", { port: 443, to, timeout: 300 })).by === provider);
  }
}

/** 500 datagrams a second; `then` happens once 250 have gone by `first`, and it ends when 500 more were sent. */
async function during(
  lab: Lab,
  options: { to?: string; fresh: boolean; first: "dsl" | "bgp2" },
  then: () => Promise<unknown>,
): Promise<Count> {
  const { first, ...rest } = options;
  const stream = await lab.stream("lan", { port: 5000, rate: 500, ...rest });
  await until(`packets by ${first}`, async () => (await stream.count()).by[first] > 250);
  await then();
  const { sent } = await stream.count();
  await until("500 more packets", async () => (await stream.count()).sent > sent + 500);
  return await stream.stop();
}

describeLab("groups", (lab, frontEnd) => {
  beforeAll(() => commit(lab(), GROUP));
  afterEach(() => whole(lab()));

  test.each(Object.entries(INTERNET))("carrier loss, %s: the kernel goes on by the next member alone", async (_, to) => {
    for (const fresh of [true, false]) {
      await reaches(lab(), "dsl");
      const count = await during(lab(), { to, fresh, first: "dsl" }, () => lab().carrier("eth1", "down"));
      // Measured: 0 to 2. The kernel hears of a dead link from a work queue, which a busy machine lets wait.
      expect(count.lost).toBeLessThanOrEqual(50);
      expect(count.by.bgp2).toBeGreaterThan(400);
      expect(count.by.bgp1).toBe(0);
      await whole(lab());
    }
  });

  test("a connection keeps the uplink it left by: one of the outage stays when the first member is back", async () => {
    await lab().carrier("eth1", "down");
    await reaches(lab(), "bgp2");
    expect(await open(lab(), "outage")).toMatchObject({ by: "bgp2", source: "192.0.2.6" });
    const stream = await lab().stream("lan", { port: 5000, rate: 500 });
    await until("packets by bgp2", async () => (await stream.count()).by.bgp2 > 100);
    await lab().carrier("eth1", "up");
    await reaches(lab(), "dsl");
    expect(await say(lab(), "outage")).toMatchObject({ by: "bgp2" });
    // As WAN load balancing does: the member is in the label, too.
    await router(lab(), "conntrack", "-U", "-f", "ipv4", "-p", "tcp", "--dport", "443", "--state", "ESTABLISHED", "-m", "201");
    expect(await say(lab(), "outage")).toMatchObject({ by: "bgp2" });
    const { sent } = await stream.count();
    await until("200 more packets", async () => (await stream.count()).sent > sent + 200);
    expect((await stream.stop()).by.dsl).toBe(0);
  });

  test("failback immediate takes connections back with the first packet", async () => {
    await commit(lab(), ["set policy-route group web failback immediate"]);
    await lab().carrier("eth1", "down");
    // The kernel hears of a live link from a work queue, too.
    const back = async () => {
      await lab().carrier("eth1", "up");
      await reaches(lab(), "dsl");
    };
    const count = await during(lab(), { fresh: false, first: "bgp2" }, back);
    expect(count.by.dsl).toBeGreaterThan(300);
    await commit(lab(), ["delete policy-route group web failback"]);
  });

  test("without a member that is up a kill switch lets nothing through, not even what was pinned", async () => {
    // Not translated: a masqueraded connection that changes its interface ends by itself, and would hide a leak.
    const plain = ["dsl", "two"].map((name) => `delete policy-route uplink ${name} source-nat`);
    await commit(lab(), [...plain, "set policy-route group web if-down prohibit"]);
    const leaks = await Promise.all(
      (["bgp1", "bgp2"] as const).map((host) => lab().capture(host, "eth0", "udp port 5000 or tcp port 443")),
    );
    const streams = await Promise.all(
      Object.values(INTERNET).flatMap((to) =>
        [true, false].map((fresh) => lab().stream("lan", { port: 5000, rate: 200, to, fresh })),
      ),
    );
    for (const stream of streams) await until("packets by dsl", async () => (await stream.count()).by.dsl > 50);
    await lab().carrier("eth3", "down");
    await lab().carrier("eth1", "down");
    for (const stream of streams) {
      const { sent } = await stream.count();
      await until("200 more packets", async () => (await stream.count()).sent > sent + 200);
    }
    expect(await router(lab(), "policy-route", "show", "group")).toMatch(
      /^web +failover +prohibit +dsl\(10,down\) two\(20,down\) +prohibit$/m,
    );
    const counts = await Promise.all(streams.map((stream) => stream.stop()));
    expect(counts.map(({ by }) => by.bgp1 + by.bgp2)).toEqual([0, 0, 0, 0]);
    expect((await Promise.all(leaks.map((leak) => leak.stop()))).flat()).toEqual([]);
    const translated = ["dsl", "two"].map((name) => `set policy-route uplink ${name} source-nat masquerade`);
    await commit(lab(), [...translated, "delete policy-route group web if-down"]);
  });

  // In nftables nobody can get in front.
  if (frontEnd !== "nftables")
    test("while a foreign jump is in front of ours a kill switch lets nothing by, and the connection goes on afterwards", async () => {
      await commit(lab(), ["set policy-route group web if-down prohibit"]);
      await reaches(lab(), "dsl");
      // By a member's own line a stray may leave: main has to lead to another, and a BGP session that was lost comes back late.
      await until("main by bgp1", async () => (await lab().probe("lan", { port: 993, timeout: 300 })).by === "bgp1");
      expect(await open(lab(), "strays")).toMatchObject({ by: "dsl" });
      const leaks = await lab().capture("bgp1", "eth0", "tcp port 443");
      const foreign = ["PREROUTING", "-p", "tcp", "--dport", "443", "-j", "ACCEPT"];
      await router(lab(), "iptables", "-t", "mangle", "-I", ...foreign);
      expect(await say(lab(), "strays")).toEqual({ error: "timeout" });
      await router(lab(), "iptables", "-t", "mangle", "-D", ...foreign);
      await until("an answer", async () => (await say(lab(), "strays")).by === "dsl");
      expect(await leaks.stop()).toEqual([]);
      await commit(lab(), ["delete policy-route group web if-down"]);
    });

  test("force down and auto, and what show says of it", async () => {
    await reaches(lab(), "dsl");
    expect(await force(lab(), "uplink", "dsl", "down")).toBe("Uplink dsl is forced down\n");
    await reaches(lab(), "bgp2");
    expect(await router(lab(), "policy-route", "show", "uplink", "dsl")).toMatch(
      /^Uplink dsl: down, forced down by the operator\n(.*\n)* +Forced +down, until/,
    );
    await commit(lab(), ["set policy-route description kept"]);
    await reaches(lab(), "bgp2");
    await force(lab(), "uplink", "dsl", "auto");
    await reaches(lab(), "dsl");
    const wrong = await lab().exec("router", ["policy-route", "force", "uplink", "dls", "down"]);
    expect(wrong).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('uplink "dls" is not configured (did you mean "dsl"?)'),
    });
  });

  test("the router's own traffic goes by the group, with a source of the member it leaves by", async () => {
    await commit(lab(), [
      "set policy-route rule 30 traffic local",
      "set policy-route rule 30 protocol tcp",
      "set policy-route rule 30 destination port 993",
      "set policy-route rule 30 set group web",
      "delete policy-route uplink two source-nat",
    ]);
    expect((await lab().probe("router", { port: 993 })).by).toBe("dsl");
    await lab().carrier("eth1", "down");
    for (const [to, source] of [
      [INTERNET.ipv4, "192.0.2.6"],
      [INTERNET.ipv6, "2001:db8:e2::2"],
    ] as const) {
      expect(await lab().probe("router", { port: 993, to })).toMatchObject({ by: "bgp2", source });
    }
    await commit(lab(), ["delete policy-route rule 30", "set policy-route uplink two source-nat masquerade"]);
  });

  test("a member that is held back waits behind the others until the operator lets it go", async () => {
    const held = JSON.stringify({ health: {}, held: { web: { dsl: null } } });
    await lab().must("router", ["sh", "-c", "cat > /run/policy-route/liveness.json"], { stdin: held });
    await router(lab(), "policy-route", "restart");
    await reaches(lab(), "bgp2");
    expect(await router(lab(), "policy-route", "show")).toMatch(/^web +failover +two +dsl\(10,held\) two\(20\) +main$/m);
    await lab().carrier("eth3", "down");
    await reaches(lab(), "dsl");
    await lab().carrier("eth3", "up");
    await reaches(lab(), "bgp2");
    await force(lab(), "group", "web", "failback");
    await reaches(lab(), "dsl");
  });

  describe("with a fixed source", () => {
    const SNAT = [
      "set policy-route uplink dsl source-nat 198.51.100.57",
      "set policy-route rule 20 inbound-interface eth0",
      "set policy-route rule 20 protocol tcp",
      "set policy-route rule 20 destination port 22",
      "set policy-route rule 20 set uplink two",
    ];
    beforeAll(async () => {
      await router(lab(), "ip", "addr", "add", "198.51.100.57/24", "dev", "eth1");
      await commit(lab(), SNAT);
    });

    test("connections of a dead member end at once, on others they live on", async () => {
      await reaches(lab(), "dsl", [INTERNET.ipv4]);
      expect(await open(lab(), "dies")).toMatchObject({ by: "dsl", source: "198.51.100.57" });
      expect(await open(lab(), "lives", 22)).toMatchObject({ by: "bgp2" });
      await force(lab(), "uplink", "dsl", "down");
      expect(await say(lab(), "dies")).toEqual({ error: "closed" });
      expect(await say(lab(), "lives")).toMatchObject({ by: "bgp2" });
      expect(await open(lab(), "again")).toMatchObject({ by: "bgp2" });
      await force(lab(), "uplink", "dsl", "auto");
      expect(await say(lab(), "lives")).toMatchObject({ by: "bgp2" });
      expect(await say(lab(), "again")).toMatchObject({ by: "bgp2" });
    });

    test("behind a kill switch without another way they outlive the outage", async () => {
      await commit(lab(), ["delete policy-route group web uplink two", "set policy-route group web if-down prohibit"]);
      expect(await open(lab(), "waits")).toMatchObject({ by: "dsl" });
      await force(lab(), "uplink", "dsl", "down");
      expect(await say(lab(), "waits")).toEqual({ error: "timeout" });
      await force(lab(), "uplink", "dsl", "auto");
      await until("an answer", async () => (await say(lab(), "waits")).by === "dsl");
    });
  });

  test("balance: shared by weight, each connection stays with its member, and goes on by the other when that is gone", async () => {
    await commit(lab(), [
      "delete policy-route group web",
      "set policy-route group web mode balance",
      "set policy-route group web uplink dsl weight 3",
      "set policy-route group web uplink two weight 1",
    ]);
    const stream = await lab().stream("lan", { port: 5000, rate: 500, fresh: true });
    await until("800 packets", async () => (await stream.count()).sent > 800);
    const { by, sent, lost } = await stream.stop();
    expect(by.dsl + by.bgp2 + lost).toBe(sent);
    // 75 %, within 6.5 times the standard deviation (1.53 %) for 800.
    expect(by.dsl / (by.dsl + by.bgp2)).toBeGreaterThan(0.65);
    expect(by.dsl / (by.dsl + by.bgp2)).toBeLessThan(0.85);

    // One that is held back has no share of new connections.
    const held = JSON.stringify({ health: {}, held: { web: { dsl: null } } });
    await lab().must("router", ["sh", "-c", "cat > /run/policy-route/liveness.json"], { stdin: held });
    await router(lab(), "policy-route", "restart");
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 12; i++) seen.add((await lab().probe("lan", { port: 443, timeout: 500 })).by);
    expect(seen).toEqual(new Set(["bgp2"]));
    await force(lab(), "group", "web", "failback");

    const ids = Array.from({ length: 24 }, (_, i) => `balanced ${i}`);
    const opened: (string | undefined)[] = [];
    for (const id of ids) opened.push(((await open(lab(), id)) as { by?: string }).by);
    expect(new Set(opened)).toEqual(new Set(["dsl", "bgp2"]));
    await commit(lab(), ["set policy-route group web uplink two weight 255", "set policy-route group web uplink dsl weight 1"]);
    const later: (string | undefined)[] = [];
    for (const id of ids) later.push((await say(lab(), id)).by);
    expect(later).toEqual(opened);

    await lab().carrier("eth3", "down");
    const only = await lab().stream("lan", { port: 5000, rate: 500, fresh: true });
    await until("packets by dsl", async () => (await only.count()).by.dsl > 200);
    const rest = await only.stop();
    expect(rest.lost).toBeLessThanOrEqual(50);
    expect(rest.by.bgp1).toBe(0);
  });
});
