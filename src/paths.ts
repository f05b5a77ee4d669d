/** Every file this product reads or writes, below `root` ("" on a real machine). One place, so that --root can be trusted. */
export interface Paths {
  readonly root: string;
  /** Names of our tables for iproute2, and the memory of the slot assignment. iproute2 reads only names ending in .conf. */
  readonly rtTables: string;
  readonly rtProtos: string;
  readonly run: string;
  /** flock(1) lock: one reconcile at a time. */
  readonly lock: string;
  /** What `show` needs for operators who may not run iptables-save. World-readable, no secrets. */
  readonly state: string;
  /** The configuration that was last applied, in `set` form: what hooks reconcile with, since the engine's running config is old while a commit is under way. */
  readonly applied: string;
  /** The same as values (JSON), so that it need not be parsed each time. */
  readonly appliedValues: string;
  /** The values of sysctls as found before we changed them. */
  readonly sysctls: string;
  /** One file per interface and source, written by the DHCP and PPP hooks. */
  readonly leases: string;
  /** What the monitor found out by watching (uplink/liveness.ts). */
  readonly liveness: string;
  /** What its probes know (uplink/health-file.ts). */
  readonly probes: string;
  /** Uplinks the operator forced up or down. */
  readonly forced: string;
  /** What happened, one JSON object per line; the older half beside it as `events.jsonl.1`. World-readable. */
  readonly events: string;
  /** Held by the one `policy-route monitor`, and its process number. */
  readonly monitorLock: string;
  readonly monitorPid: string;
  /** Survives a reboot: the boot unit shuts kill switches from it. */
  readonly lastApplied: string;
  /** The embedded configuration session's running config. */
  readonly activeConfig: string;
  /** Where the router's engine keeps its running configuration (vyatta-cfg, C_DEF_ACTIVE_ROOT). Only listened to: the engine is asked for what it says. */
  readonly engineActive: string;
  /** The saved configuration of router and embedded session. */
  readonly configBoot: string;
  readonly services: string;
  readonly protocols: string;
}

export function pathsBelow(root: string): Paths {
  const run = `${root}/run/policy-route`;
  return {
    root,
    rtTables: `${root}/etc/iproute2/rt_tables.d/policy-route.conf`,
    rtProtos: `${root}/etc/iproute2/rt_protos.d/policy-route.conf`,
    run,
    lock: `${run}/lock`,
    state: `${run}/state.json`,
    applied: `${run}/applied.config`,
    appliedValues: `${run}/applied.json`,
    sysctls: `${run}/sysctls.json`,
    leases: `${run}/leases`,
    liveness: `${run}/liveness.json`,
    probes: `${run}/probes.json`,
    forced: `${run}/forced.json`,
    events: `${run}/events.jsonl`,
    monitorLock: `${run}/monitor.lock`,
    monitorPid: `${run}/monitor.pid`,
    lastApplied: `${root}/var/lib/policy-route/applied.config`,
    activeConfig: `${run}/active.config`,
    engineActive: `${root}/opt/vyatta/config/active`,
    configBoot: `${root}/config/config.boot`,
    services: `${root}/etc/services`,
    protocols: `${root}/etc/protocols`,
  };
}
