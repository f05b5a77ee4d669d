import { describe, expect, it } from "vitest";
import { formatMetrics, type Measured } from "../../../src/show/format-metrics.ts";
import { show } from "../../../src/show/show.ts";
import { makeSight, SEED } from "./make-sight.ts";
import { readMetrics } from "./prometheus.ts";

const LINES = `${SEED.lines}
  description 'a "quoted" \\\\ name'
  uplink lte interface wwan0
  uplink lte gateway 192.0.2.1
  uplink lte health target 9.9.9.9
  group web uplink dsl priority 10
  group web uplink lte priority 20
  rule 20 protocol udp
  rule 20 set group web`;
const NOW = 1_800_000_000;

function measured(more: Partial<Measured> = {}): Measured {
  const probes = new Map([
    [
      "lte",
      {
        verdict: "down",
        since: NOW,
        flaps: 0,
        targets: { "9.9.9.9": { state: "failed", against: 0, since: NOW } },
      } as const,
    ],
  ]);
  const sight = makeSight(LINES, `${SEED.facts}\nlink wwan0 no-carrier 192.0.2.2/24`, {
    packets: { "rule 10": [48211, 7] },
    probes,
    since: { dsl: { up: true, at: NOW - 5 } },
  });
  const shown = show(sight);
  const uplinks = (shown.uplinks ?? []).map((uplink) =>
    uplink.name === "dsl" ? { ...uplink, connections: 412, traffic: { received: 2 ** 40, sent: 7 } } : uplink,
  );
  return {
    version: "0.1.0",
    shown: { ...shown, uplinks },
    monitorRunning: true,
    events: { up: 2, drift: 1 },
    committed: NOW,
    ...more,
  };
}

describe("metrics", () => {
  const samples = readMetrics(formatMetrics(measured()));
  const values = (name: string) => samples.filter((sample) => sample.name === `policy_route_${name}`);

  it("are read by a strict reader, and say what show says", () => {
    expect(values("in_sync")).toEqual([expect.objectContaining({ labels: {}, value: 1 })]);
    expect(values("uplink_up").map(({ labels, value }) => [labels["uplink"], labels["interface"], value])).toEqual([
      ["dsl", "eth1", 1],
      ["lte", "wwan0", 0],
    ]);
    expect(values("uplink_gateway_info")[0]?.labels).toEqual({
      uplink: "dsl",
      family: "ipv4",
      gateway: "198.51.100.1",
      source: "dhcp-hook",
    });
    expect(values("uplink_probe_up")).toEqual([
      expect.objectContaining({ labels: { uplink: "lte", target: "9.9.9.9", probe: "ping" }, value: 0 }),
    ]);
    expect(values("uplink_healthy").map(({ value }) => value)).toEqual([0]);
    expect(values("uplink_connections")).toEqual([expect.objectContaining({ labels: { uplink: "dsl" }, value: 412 })]);
    expect(values("interface_received_bytes_total")[0]?.value).toBe(2 ** 40);
    expect(values("uplink_state_timestamp_seconds")).toEqual([
      expect.objectContaining({ labels: { uplink: "dsl" }, value: NOW - 5 }),
    ]);
    expect(values("group_member_active").map(({ labels, value }) => [labels["group"], labels["uplink"], value])).toEqual([
      ["web", "dsl", 1],
      ["web", "lte", 0],
    ]);
    expect(values("rule_new_connections_total")[0]).toMatchObject({ labels: { rule: "10", target: "uplink dsl" }, value: 48211 });
    expect(values("events_total").map(({ labels, value }) => [labels["kind"], value])).toEqual([
      ["up", 2],
      ["drift", 1],
    ]);
    expect(values("last_commit_timestamp_seconds")[0]?.value).toBe(NOW);
    expect(values("last_reconcile_timestamp_seconds")).toEqual([]);
  });

  it("are escaped", () => {
    const odd = 'a"b\\c\nd';
    const read = readMetrics(formatMetrics(measured({ version: odd })));
    expect(read.find(({ name }) => name === "policy_route_build_info")?.labels).toEqual({ version: odd });
  });

  it("are few where nothing is configured", () => {
    const { kernel, ...rest } = makeSight(SEED.lines, SEED.facts);
    const none = show({ ...rest, kernel, config: undefined });
    const read = readMetrics(formatMetrics(measured({ shown: none })));
    expect(read.find(({ name }) => name === "policy_route_active")?.value).toBe(0);
    expect(read.some(({ name }) => name.includes("uplink"))).toBe(false);
  });

  it("the reader is strict", () => {
    for (const text of [
      "policy_route_x 1\n",
      "# HELP x y\n# TYPE x gauge\nx 1",
      '# HELP x y\n# TYPE x gauge\nx{a="1"} 1\nx{a="1"} 2\n',
      "# HELP x y\n# TYPE x counter\nx 1\n",
      '# HELP x y\n# TYPE x gauge\nx{a="\\q"} 1\n',
      "# HELP x y\n# TYPE x gauge\nx undefined\n",
    ])
      expect(() => readMetrics(text)).toThrow();
  });
});
