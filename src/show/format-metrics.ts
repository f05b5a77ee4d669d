import type { Shown, ShownRoute, ShownUplink, Way } from "./model.ts";

/** What is measured: the picture of the router, and what is remembered besides. */
export interface Measured {
  readonly version: string;
  readonly shown: Shown;
  readonly monitorRunning: boolean;
  /** Events since boot, by kind. */
  readonly events: Readonly<Record<string, number>>;
  /** Seconds since the epoch. */
  readonly committed?: number | undefined;
  readonly reconciled?: number | undefined;
}

type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

/**
 * Prometheus' text format, version 0.0.4 (prometheus.io, "Exposition formats"): every metric once, with its HELP and TYPE in front of
 * its samples. What is not known has no sample.
 */
export function formatMetrics(measured: Measured): string {
  return [
    ...routerMetrics(measured),
    ...uplinkMetrics(measured.shown),
    ...groupMetrics(measured.shown),
    ...ruleMetrics(measured.shown),
  ]
    .filter(({ samples }) => samples.length > 0)
    .map(formatMetric)
    .join("");
}

function formatMetric({ name, type, help, samples }: Metric): string {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `policy_route_${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  });
  return `# HELP policy_route_${name} ${help}\n# TYPE policy_route_${name} ${type}\n${lines.join("")}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({ name, type: "gauge", help, samples });
const counter = (name: string, help: string, samples: Metric["samples"]): Metric => ({ name, type: "counter", help, samples });
const one = (value: number | undefined): Metric["samples"] => (value === undefined ? [] : [[{}, value]]);
const bit = (yes: boolean): number => (yes ? 1 : 0);

function routerMetrics({ version, shown, monitorRunning, events, committed, reconciled }: Measured): Metric[] {
  const { state, stepsToDo, backend, warnings } = shown;
  return [
    gauge("build_info", "Version of policy-route.", [[{ version }, 1]]),
    gauge("active", "Whether policy routing is configured and not disabled.", one(bit(state === "active"))),
    gauge(
      "in_sync",
      "Whether the kernel holds what the configuration asks for.",
      one(stepsToDo === undefined ? undefined : bit(stepsToDo === 0)),
    ),
    gauge("plan_steps", "Steps from the kernel as it is to the configuration.", one(stepsToDo)),
    gauge("backend_info", "What steers packets.", [[{ backend: backend.name, front_end: backend.frontEnd ?? "" }, 1]]),
    gauge("monitor_running", "Whether policy-route monitor runs.", one(bit(monitorRunning))),
    gauge("warnings", "Warnings that show policy-route lists as problems.", one(warnings.length)),
    gauge("last_commit_timestamp_seconds", "When a configuration was committed last.", one(committed)),
    gauge("last_reconcile_timestamp_seconds", "When the kernel was brought to the configuration last.", one(reconciled)),
    counter(
      "events_total",
      "Events since boot; kind drift is what others changed and was put right.",
      Object.entries(events).map(([kind, count]) => [{ kind }, count]),
    ),
  ];
}

function uplinkMetrics({ uplinks = [] }: Shown): Metric[] {
  const each = (sample: (uplink: ShownUplink) => readonly [Labels, number] | undefined): Metric["samples"] =>
    uplinks.flatMap((uplink) => {
      const found = sample(uplink);
      return found === undefined ? [] : [[{ uplink: uplink.name, ...found[0] }, found[1]]];
    });
  const known = (value: number | undefined): readonly [Labels, number] | undefined =>
    value === undefined ? undefined : [{}, value];
  const routes = uplinks.flatMap(({ name, ipv4, ipv6 }) =>
    (
      [
        ["ipv4", ipv4],
        ["ipv6", ipv6],
      ] as const
    ).map(([family, route]) => ({ name, family, route })),
  );
  return [
    gauge(
      "uplink_up",
      "Whether the uplink is used; disabled counts as no.",
      each(({ interface: name = "", state }) => [{ interface: name }, bit(state === "up")]),
    ),
    gauge(
      "uplink_state_timestamp_seconds",
      "Since when it is up or down.",
      each(({ since }) => known(since)),
    ),
    gauge(
      "uplink_forced",
      "Whether the operator forced it up or down.",
      each(({ forced }) => [{}, bit(forced !== undefined)]),
    ),
    gauge(
      "uplink_healthy",
      "Verdict of its probes; absent without one.",
      each(({ health }) =>
        known(health === undefined || health.verdict === "unknown" ? undefined : bit(health.verdict === "up")),
      ),
    ),
    gauge(
      "uplink_probe_up",
      "Whether a target of the probes answers; absent while that is not known.",
      uplinks.flatMap(({ name: uplink, health }) =>
        (health?.targets ?? []).flatMap(({ target, probe, state }) =>
          state === "unknown" ? [] : [[{ uplink, target, probe }, bit(state === "ok")] as const],
        ),
      ),
    ),
    gauge(
      "uplink_gateway_info",
      "Its gateway, and where that was learnt.",
      routes.flatMap(({ name: uplink, family, route }) => gatewaySample(uplink, family, route)),
    ),
    gauge(
      "uplink_carries",
      "Whether packets marked for it leave by it now.",
      routes.map(({ name: uplink, family, route }) => [{ uplink, family }, bit(route.now.to === "uplink")]),
    ),
    gauge(
      "uplink_connections",
      "Tracked connections that carry its mark, its part in groups included.",
      each(({ connections }) => known(connections)),
    ),
    counter(
      "interface_received_bytes_total",
      "Bytes the uplink's interface has received, steered or not.",
      each((uplink) => bytes(uplink, "received")),
    ),
    counter(
      "interface_sent_bytes_total",
      "Bytes the uplink's interface has sent, steered or not.",
      each((uplink) => bytes(uplink, "sent")),
    ),
  ];
}

function bytes(
  { interface: name = "", traffic }: ShownUplink,
  direction: "received" | "sent",
): readonly [Labels, number] | undefined {
  return traffic === undefined ? undefined : [{ interface: name }, traffic[direction]];
}

function gatewaySample(
  uplink: string,
  family: string,
  { kind, gateway = "", learntFrom = "config" }: ShownRoute,
): Metric["samples"] {
  return kind === "none" ? [] : [[{ uplink, family, gateway, source: learntFrom }, 1]];
}

function groupMetrics({ groups = [] }: Shown): Metric[] {
  const members = groups.flatMap(({ name: group, members, now }) =>
    members.map(({ uplink, state }) => ({ labels: { group, uplink }, state, now, uplink })),
  );
  return [
    gauge(
      "group_up",
      "Whether at least one member is up.",
      groups.map(({ name: group, state }) => [{ group }, bit(state === "up")]),
    ),
    gauge(
      "group_member_active",
      "Whether new connections of the group go by the member, in a family at least.",
      members.map(({ labels, uplink, now }) => [labels, bit(leads(now.ipv4, uplink) || leads(now.ipv6, uplink))]),
    ),
    gauge(
      "group_member_held",
      "Whether the member is up and has no traffic back yet.",
      members.map(({ labels, state }) => [labels, bit(state === "held")]),
    ),
  ];
}

function leads(way: Way | undefined, uplink: string): boolean {
  return (way?.to === "uplink" && way.uplink === uplink) || (way?.to === "uplinks" && way.uplinks.includes(uplink));
}

/** Rules that share a set are counted together: `rule="10-29"`. */
function ruleMetrics({ rules = [] }: Shown): Metric[] {
  const shared = new Map(
    rules.flatMap(({ target, countedWith = [] }) => countedWith.map((entry) => [entry.rules, { target, ...entry }] as const)),
  );
  return [
    counter("rule_new_connections_total", "First packets that matched the rule; begins anew when the chain changes.", [
      ...rules.flatMap(({ number: rule, target, newConnections }) =>
        newConnections === undefined ? [] : [[{ rule, target }, newConnections] as const],
      ),
      ...[...shared.values()].map(({ rules: rule, target, newConnections }) => [{ rule, target }, newConnections] as const),
    ]),
  ];
}
