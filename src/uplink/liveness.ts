import { type FlapMemory, isFlapMemory } from "./flap-memory.ts";

/** What the probes say of an uplink; `unknown` (no verdict yet) counts as up. */
export interface Health {
  readonly verdict: "up" | "down" | "unknown";
  /** In words, for a verdict that needs them: `2 of 3 targets failed: 9.9.9.9 timeout`. */
  readonly reason?: string;
  /** Seconds since the epoch (with a fraction) when the verdict was reached. */
  readonly since: number;
}

/**
 * What the monitor found out by watching, as it leaves it for commits and hooks in `/run/policy-route/liveness.json`: they
 * have to agree with it without asking it, and it may be dead. It is the monitor that writes it; `force ... failback` takes out of `held`.
 */
export interface Liveness {
  readonly health: ReadonlyMap<string, Health>;
  /**
   * Members of groups that may not take traffic back yet: group -> uplink -> seconds since the epoch when they may,
   * `undefined` when only the operator says so (`failback manual`), and while they are down (hold.ts).
   */
  readonly held: ReadonlyMap<string, ReadonlyMap<string, number | undefined>>;
  /** Members of groups as the monitor saw them last, for its next look or its next life. Nobody else needs it. */
  readonly flaps: ReadonlyMap<string, FlapMemory>;
}

/** Nobody watches: every uplink is judged by its link and gateway alone. */
export const NO_LIVENESS: Liveness = { health: new Map(), held: new Map(), flaps: new Map() };

/** What the operator said with `force policy-route uplink NAME up|down`; lost at reboot, as `/run` is. */
export type Forced = ReadonlyMap<string, "up" | "down">;

/** Text of the file in which the monitor leaves what it knows. */
export function renderLiveness({ health, held, flaps }: Liveness): string {
  const heldObject = [...held].map(([group, members]) => [
    group,
    Object.fromEntries([...members].map(([uplink, until]) => [uplink, until ?? null])),
  ]);
  const value = {
    health: Object.fromEntries(health),
    held: Object.fromEntries(heldObject),
    ...(flaps.size === 0 ? {} : { flaps: Object.fromEntries(flaps) }),
  };
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** Parses it; a damaged file or one of another version is as good as none. By hand: commits and hooks read it each time. */
export function parseLiveness(text: string | undefined): Liveness {
  const value = parseObject(text);
  if (value === undefined) return NO_LIVENESS;
  const health = entriesOf(value.health).flatMap(([uplink, one]) => (isHealth(one) ? [[uplink, one] as const] : []));
  const held = entriesOf(value.held).map(([group, members]) => {
    const untils = entriesOf(members).filter(([, until]) => until === null || typeof until === "number");
    return [group, new Map(untils.map(([uplink, until]) => [uplink, typeof until === "number" ? until : undefined]))] as const;
  });
  const flaps = entriesOf(value.flaps).flatMap(([uplink, one]) => (isFlapMemory(one) ? [[uplink, one] as const] : []));
  return { health: new Map(health), held: new Map(held), flaps: new Map(flaps) };
}

/** Text of the file that `force` writes. */
export function renderForced(forced: Forced): string {
  return `${JSON.stringify(Object.fromEntries(forced), null, 1)}\n`;
}

/** Parses it; what is not understood forces nothing. */
export function parseForced(text: string | undefined): Forced {
  const known = entriesOf(parseObject(text)).filter((entry): entry is [string, "up" | "down"] => isUpDown(entry[1]));
  return new Map(known);
}

function isUpDown(value: unknown): value is "up" | "down" {
  return value === "up" || value === "down";
}

function isHealth(value: unknown): value is Health {
  if (typeof value !== "object" || value === null) return false;
  const { verdict, reason, since } = value as Partial<Record<keyof Health, unknown>>;
  return (
    (isUpDown(verdict) || verdict === "unknown") &&
    typeof since === "number" &&
    (reason === undefined || typeof reason === "string")
  );
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** Why an uplink is not to be used though link and gateway would allow it; `undefined` when nobody objects. */
export function objection(uplink: string, liveness: Liveness, forced: Forced): string | undefined {
  const order = forced.get(uplink);
  if (order !== undefined) return order === "down" ? "forced down by the operator" : undefined;
  const health = liveness.health.get(uplink);
  return health?.verdict === "down" ? (health.reason ?? "its probes fail") : undefined;
}
