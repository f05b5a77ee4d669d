import type { Health } from "./liveness.ts";

/** The operator's numbers (`uplink * health`), times in seconds. */
export interface HealthSettings {
  /** Targets that have to answer for the uplink to be up. */
  readonly minimumTargets: number;
  /** Failures in a row that take a target down, and answers in a row that bring it back. */
  readonly failureCount: number;
  readonly successCount: number;
  /** An uplink that went down stays so at least this long; doubled with each flap. */
  readonly holdDown: number;
}

/**
 * What came of one probe. `unable`: it could not be made (its program is missing, no permission), which says nothing of the
 * target. `words` for the operator: `12.3 ms`, `timeout`, `no carrier`.
 */
export interface ProbeResult {
  readonly outcome: "answered" | "failed" | "unable";
  readonly words: string;
}

export interface TargetHealth {
  readonly state: "unknown" | "ok" | "failed";
  /** Results in a row that speak against `state`. */
  readonly against: number;
  /** Seconds since the epoch when `state` began. */
  readonly since: number;
  readonly last?: ProbeResult;
}

/** Everything the probes know of one uplink. Plain data: it goes to a file as it is. */
export interface UplinkHealth extends Health {
  readonly targets: Readonly<Record<string, TargetHealth>>;
  /** Times it went down again soon after it came back. */
  readonly flaps: number;
  /** When it came back last. */
  readonly returned?: number;
  /** While down: not up before this. */
  readonly heldUntil?: number;
}

/** Longest hold-down that doubling leads to, and how long an uplink has to stay up for its flaps to be forgotten. Seconds. */
export const LONGEST_HOLD_DOWN = 300;

const UNKNOWN = (now: number): TargetHealth => ({ state: "unknown", against: 0, since: now });

/**
 * The start: nothing is known, which counts as up. What an earlier run of the monitor knew goes on, but for targets that are
 * not probed any more.
 */
export function startHealth(targets: readonly string[], now: number, before?: UplinkHealth): UplinkHealth {
  const known = before?.targets ?? {};
  return {
    verdict: "unknown",
    since: now,
    flaps: 0,
    ...before,
    targets: Object.fromEntries(targets.map((target) => [target, known[target] ?? UNKNOWN(now)])),
  };
}

/**
 * One round of probes: a result for each target. The verdict turns `down` as soon as fewer than `minimumTargets` can still be
 * up, and `up` when so many are and the hold-down is over.
 */
export function afterProbes(
  health: UplinkHealth,
  settings: HealthSettings,
  results: Readonly<Record<string, ProbeResult>>,
  now: number,
): UplinkHealth {
  const targets = Object.fromEntries(
    Object.entries(health.targets).map(([name, target]) => {
      const result = results[name];
      return [name, result === undefined ? target : afterProbe(target, settings, result, now)];
    }),
  );
  return judge({ ...health, targets }, settings, now);
}

/** The first answer of a target is enough: it counted as up before. */
function afterProbe(target: TargetHealth, settings: HealthSettings, last: ProbeResult, now: number): TargetHealth {
  const { state } = target;
  if (last.outcome === "unable") return { ...target, last };
  const answered = last.outcome === "answered";
  if (state === "unknown" && answered) return { state: "ok", against: 0, since: now, last };
  if (state === (answered ? "ok" : "failed")) return { ...target, against: 0, last };
  const against = target.against + 1;
  if (against < (answered ? settings.successCount : settings.failureCount)) return { ...target, against, last };
  return { state: answered ? "ok" : "failed", against: 0, since: now, last };
}

function judge(health: UplinkHealth, settings: HealthSettings, now: number): UplinkHealth {
  const states = Object.values(health.targets).map(({ state }) => state);
  const ok = states.filter((state) => state === "ok").length;
  const possible = states.filter((state) => state !== "failed").length;
  if (health.verdict !== "down") {
    if (possible < settings.minimumTargets) return goDown(health, settings, now);
    if (health.verdict === "unknown" && ok >= settings.minimumTargets) return { ...health, verdict: "up", since: now };
    return health;
  }
  if (ok < settings.minimumTargets || now < (health.heldUntil ?? 0)) return health;
  const { heldUntil: _, reason: __, ...rest } = health;
  return { ...rest, verdict: "up", since: now, returned: now };
}

function goDown(health: UplinkHealth, settings: HealthSettings, now: number): UplinkHealth {
  const soon = health.returned !== undefined && now - health.returned < LONGEST_HOLD_DOWN;
  const flaps = soon ? health.flaps + 1 : 0;
  return {
    ...health,
    verdict: "down",
    since: now,
    reason: failures(health.targets),
    flaps,
    heldUntil: now + holdDown(settings.holdDown, flaps),
  };
}

/** Doubled with each flap up to LONGEST_HOLD_DOWN; what the operator asked for is never shortened. */
export function holdDown(seconds: number, flaps: number): number {
  return Math.max(seconds, Math.min(seconds * 2 ** flaps, LONGEST_HOLD_DOWN));
}

/** `2 of 3 targets failed: 9.9.9.9 timeout, 1.1.1.1 refused` */
function failures(targets: UplinkHealth["targets"]): string {
  const all = Object.entries(targets);
  const failed = all.filter(([, { state }]) => state === "failed");
  const each = failed.map(([name, { last }]) => (last === undefined ? name : `${name} ${last.words}`));
  return `${failed.length} of ${all.length} ${all.length === 1 ? "target" : "targets"} failed: ${each.join(", ")}`;
}

/** The part that commits and hooks go by. */
export function verdictOf({ verdict, reason, since }: UplinkHealth): Health {
  return { verdict, since, ...(reason === undefined ? {} : { reason }) };
}

/** Whether somebody who looks would see a difference: times of answers change with every probe. */
export function looksDifferent(a: UplinkHealth, b: UplinkHealth): boolean {
  return seen(a) !== seen(b);
}

function seen({ verdict, reason, since, heldUntil, targets }: UplinkHealth): string {
  const each = Object.entries(targets).map(([name, { state, last }]) => {
    return [name, state, last?.outcome, last?.outcome === "answered" ? undefined : last?.words];
  });
  return JSON.stringify([verdict, reason, since, heldUntil, each]);
}
