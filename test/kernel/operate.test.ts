import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { JSON_FORMATS } from "../../src/show/json-formats.ts";
import { backendOf, FRONT_ENDS, iptablesOf } from "../support/front-end.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { readMetrics } from "../unit/show/prometheus.ts";
import { reach } from "./reach.ts";

const CONFIG = [
  "uplink a interface eth1",
  "uplink a gateway 198.51.100.1",
  "uplink b interface eth2",
  "uplink b gateway 203.0.113.1",
  "uplink b health target 192.0.2.200",
  "group g uplink b",
  ...[
    [10, 4000, "uplink a"],
    [20, 4001, "uplink b"],
    [30, 4002, "group g"],
  ].flatMap(([rule, port, target]) => [
    `rule ${rule} traffic local`,
    `rule ${rule} protocol udp`,
    `rule ${rule} destination port ${port}`,
    `rule ${rule} set ${target}`,
  ]),
  // They become one set.
  ...Array.from({ length: 10 }, (_, i) => 100 + i).flatMap((rule) => [
    `rule ${rule} traffic local`,
    `rule ${rule} destination address 198.18.${rule}.0/24`,
    `rule ${rule} set uplink a`,
  ]),
];

/** Somebody else's rule with a counter, in front of what leaves; his connection has a mark in bits that are not ours. */
const FOREIGN = `
iptables -t mangle -A OUTPUT -p udp -m comment --comment theirs -j MARK --set-xmark 0x1/0xff
nft add table inet theirs; nft 'add chain inet theirs out { type filter hook output priority 0; }'
nft add rule inet theirs out udp dport 4000-4009 counter ct mark set ct mark or 0x1
`;

describe.each(FRONT_ENDS)("connections, counters (%s)", (frontEnd) => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh(`
      ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev eth1 nud permanent
      ip neigh add 203.0.113.1 lladdr 02:00:00:00:00:02 dev eth2 nud permanent
      ${FOREIGN}`);
    await reach(router, CONFIG);
    await router.sh(`for port in 4000 4000 4001 4002 4003; do echo x | socat -u - udp4-sendto:192.0.2.9:$port; done`);
  });
  afterAll(() => router?.stop());

  const fine = async (...argv: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await router.program(argv);
    expect({ argv, exitCode, stderr }).toEqual({ argv, exitCode: 0, stderr: "" });
    return stdout;
  };
  const counts = async () => {
    const { rules } = JSON.parse(await fine("show", "--json")) as { rules: { number: string; newConnections: number }[] };
    return Object.fromEntries(
      rules.filter(({ number }) => Number(number) < 100).map(({ number, newConnections }) => [number, newConnections]),
    );
  };
  const foreign = () =>
    router.sh("iptables-save -c -t mangle | grep theirs; nft list table inet theirs | grep -o 'counter packets .*'");
  const owners = async (...words: string[]) => {
    const { connections } = JSON.parse(await fine("show", "connections", ...words, "--json"));
    return connections.map(({ owner, destination }: { owner: string; destination: { port: number } }) => [
      owner,
      destination.port,
    ]);
  };
  const all = async () => (await router.sh("conntrack -L -p udp 2>/dev/null | grep -o 'sport=.* dport=400.' | wc -l")).trim();

  test("connections that carry a mark, of all and of one uplink with its part in groups", async () => {
    expect((await owners()).sort()).toEqual([
      ["member g b", 4002],
      ["uplink a", 4000],
      ["uplink a", 4000],
      ["uplink b", 4001],
    ]);
    expect((await owners("uplink", "b")).sort()).toEqual([
      ["member g b", 4002],
      ["uplink b", 4001],
    ]);
    const text = await fine("show", "connections");
    expect(text).toMatch(/^a +udp +198\.51\.100\.2:\d+ -> 192\.0\.2\.9:4000 +unreplied +\d+ s$/m);
    expect(text).toMatch(/^g: b +udp +.* -> 192\.0\.2\.9:4002 /m);
    expect(text).toMatch(/^4 connections$/m);
  });

  test("counters begin at zero: one rule's, all rules', nobody else's, and everything stays in sync", async () => {
    const theirs = await foreign();
    expect(theirs).toContain("packets 5 ");
    expect(await counts()).toEqual({ 10: 2, 20: 1, 30: 1 });
    expect(await fine("clear", "counters", "rule", "10")).toBe("The counter of rule 10 begins at zero\n");
    expect(await counts()).toEqual({ 10: 0, 20: 1, 30: 1 });
    expect(await fine("clear", "counters", "rule", "105")).toBe(
      "The counter of rules 100-109, which share a set, begins at zero\n",
    );
    expect(await fine("clear", "counters")).toBe("All counters of rules begin at zero\n");
    expect(await counts()).toEqual({ 10: 0, 20: 0, 30: 0 });
    expect(await foreign()).toBe(theirs);
    expect(await fine("plan", "--check")).toBe("nothing to do\n");
    await router.sh("echo x | socat -u - udp4-sendto:192.0.2.9:4000");
    expect(await counts()).toMatchObject({ 10: 1 });
  });

  test("connections are forgotten: of one uplink, of all, and nobody else's", async () => {
    expect(await all()).toBe("6");
    expect(await fine("reset", "connections", "uplink", "b")).toBe("2 connections forgotten\n");
    expect(await owners()).toEqual([...Array(3)].map(() => ["uplink a", 4000]));
    expect(await fine("reset", "connections")).toBe("3 connections forgotten\n");
    expect(await all()).toBe("1");
    expect(await fine("show", "connections")).toBe("No tracked connection carries a mark of policy-route\n");
  });

  test("what a plain `show` says of a rule is right with each backend", async () => {
    expect(await fine("show")).toMatch(/^20 +local +udp dport 4001 +uplink b +b +0\n +IPv6: main$/m);
    expect(await fine("show")).toContain(`backend ${backendOf(frontEnd)}`);
    expect(iptablesOf(frontEnd)).toBe(frontEnd === "iptables-legacy" ? "legacy" : "nft");
  });

  if (frontEnd !== "iptables-nft") return;

  test("without conntrack(8) the kernel's file tells the same", async () => {
    await router.sh(
      "mkdir -p /run/pr/broken; printf '#!/bin/sh\\nexit 1\\n' > /run/pr/broken/conntrack; chmod +x /run/pr/broken/conntrack",
    );
    await router.sh("for port in 4000 4001; do echo x | socat -u - udp4-sendto:192.0.2.9:$port; done");
    const { stdout } = await router.program(["show", "connections", "--json"], "/run/pr/broken");
    expect(JSON.parse(stdout)).toMatchObject({ from: "/proc/net/nf_conntrack" });
    expect(JSON.parse(stdout).connections).toHaveLength(2);
  });

  test("each JSON is what docs/json.md says", async () => {
    const words: Record<keyof typeof JSON_FORMATS, string[]> = {
      show: ["show"],
      plan: ["show", "plan"],
      commands: ["show", "commands"],
      "show events": ["show", "events"],
      "show connections": ["show", "connections"],
      "what-if": ["what-if", "uplink", "a", "down"],
      "test uplink": ["test", "uplink", "b"],
      explain: ["explain", "source", "192.168.188.7", "destination", "192.0.2.9", "protocol", "tcp"],
    };
    for (const [name, argv] of Object.entries(words)) {
      const { stdout } = await router.program([...argv, "--json"]);
      z.parse(JSON_FORMATS[name as keyof typeof JSON_FORMATS], JSON.parse(stdout));
    }
    for (const part of ["uplink", "group", "rule", "table", "marks"])
      z.parse(JSON_FORMATS.show, JSON.parse(await fine("show", part, "--json")));
    const { uplinks } = JSON.parse(await fine("show", "uplink", "--json"));
    expect(uplinks[0]).toMatchObject({ connections: 1, since: expect.any(Number), traffic: { sent: expect.any(Number) } });
  });

  test("metrics", async () => {
    const samples = readMetrics(await fine("show", "metrics"));
    const value = (name: string, labels: Record<string, string>) =>
      samples.find(
        (sample) =>
          sample.name === `policy_route_${name}` && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
      )?.value;
    expect(value("in_sync", {})).toBe(1);
    expect(value("uplink_up", { uplink: "b", interface: "eth2" })).toBe(1);
    expect(value("rule_new_connections_total", { rule: "10" })).toBe(2);
    expect(value("monitor_running", {})).toBe(0);
    expect(value("last_commit_timestamp_seconds", {})).toBeGreaterThan(1_600_000_000);
    expect(value("events_total", { kind: "drift" })).toBe(0);
  });

  test("show says that the monitor does not run, where it is needed", async () => {
    expect(await fine("show")).toContain(
      '- policy-route monitor is not running, and is needed for probes of uplink b:\n  "restart policy-route" starts it',
    );
    expect(await fine("show", "uplink")).toMatch(/^b +eth2 +up +00:0\d:\d\d +not known +1 +\d.* B +\d.*B$/m);
    expect(await fine("show", "uplink", "detail")).toMatch(/^Uplink a: up\n {2}Since +20[\s\S]*\nUplink b: up\n/m);
    expect(await fine("show", "rule", "20", "detail")).toBe(await fine("show", "rule", "20"));
  });

  test("tech-support has everything of ours, nothing else, and no secret; what is missing is said", async () => {
    await router.sh(`
      iptables -t mangle -N THEIRS; iptables -t mangle -A THEIRS -s 192.0.2.77 -j RETURN
      printf '{"a":{"password":"hunter2"}}' > ${ROOT}/run/policy-route/leases/odd.json 2>/dev/null || {
        mkdir -p ${ROOT}/run/policy-route/leases; printf '{"password":"hunter2"}' > ${ROOT}/run/policy-route/leases/odd.json; }
      for tool in conntrack nft ipset; do rm -f /run/pr/broken/$tool; printf '#!/bin/sh\\necho no such luck >&2; exit 1\\n' > /run/pr/broken/$tool; chmod +x /run/pr/broken/$tool; done`);
    const text = await fine("show", "tech-support");
    for (const part of [
      "===== configuration",
      "set 'policy-route' 'rule' '10'",
      "POLICY_ROUTE_FWD",
      "lookup 2001",
      "theirs",
      " others\n",
      "net/ipv4/ip_forward = ",
      "Policy routing: active",
      "nothing to do",
    ])
      expect(text).toContain(part);
    expect(text).toContain('"password":"<masked>"');
    for (const part of ["hunter2", "192.0.2.77", "failed: "]) expect(text).not.toContain(part);
    const crippled = await router.program(["show", "tech-support"], "/run/pr/broken");
    expect(crippled).toMatchObject({ exitCode: 0, stderr: "" });
    expect(crippled.stdout).toContain("no such luck");
    expect(crippled.stdout).toContain("===== /run/policy-route/state.json");
  });

  test.each([
    ["clear counters rule 11", 'rule "11" is not configured'],
    ["clear counters uplink a", "usage: policy-route clear counters"],
    ["reset uplink c", 'uplink "c" is not configured'],
    ["reset connections uplink", "usage: policy-route reset"],
    ["show connections uplink c", 'uplink "c" is not configured'],
    ["show connections a", "usage: policy-route show connections"],
  ])("%s is refused", async (words, message) => {
    const result = await router.program(words.split(" "));
    expect(result).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining(message) });
  });
});

test("reset uplink: a verdict whose hold-down lasts is forgotten, by the monitor too", async () => {
  const router = await openNamespace("iptables-nft");
  const daemon = router.daemon(["monitor"]);
  try {
    await router.sh(`
      mkdir -p ${ROOT}/config/scripts
      printf '#!/bin/sh\\ntest -e /run/pr/ok\\n' > ${ROOT}/config/scripts/probe; chmod +x ${ROOT}/config/scripts/probe`);
    await reach(router, [
      "uplink a interface eth1",
      "uplink a gateway 198.51.100.1",
      "uplink a health target gateway type script",
      "uplink a health target gateway script /config/scripts/probe",
      "uplink a health interval 1",
      "uplink a health timeout 1",
      "uplink a health failure-count 1",
      "uplink a health success-count 1",
      "uplink a health hold-down 300",
      "group g uplink a",
      "rule 10 set uplink a",
    ]);
    const state = async () => JSON.parse((await router.program(["show", "uplink", "a", "--json"])).stdout).uplinks[0];
    const becomes = async (wanted: string, verdict: string) => {
      for (let tries = 0; tries < 60; tries++) {
        const { state: now, health } = await state();
        if (now === wanted && health.verdict === verdict) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(await state()).toMatchObject({ state: wanted, health: { verdict } });
    };
    await becomes("down", "down");
    await router.sh("touch /run/pr/ok");
    expect(await router.program(["reset", "uplink", "a"])).toMatchObject({ exitCode: 0, stdout: "Uplink a begins anew\n" });
    await becomes("up", "up");
    expect(await router.sh("ip route show table 2001")).toContain("default");
  } finally {
    daemon.kill();
    await router.stop();
  }
});
