import type { UplinkHealth } from "./health.ts";

/** What all probes know, by uplink: `/run/policy-route/probes.json`, for `show` and for the next run of the monitor. */
export type ProbesKnown = ReadonlyMap<string, UplinkHealth>;

export function renderProbes(known: ProbesKnown): string {
  return `${JSON.stringify(Object.fromEntries(known), null, 1)}\n`;
}

/** Parses it; a damaged file or one of another version is as good as none. */
export function parseProbes(text: string | undefined): ProbesKnown {
  if (text === undefined) return new Map();
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return new Map();
    return new Map(Object.entries(value).filter((entry): entry is [string, UplinkHealth] => isHealth(entry[1])));
  } catch {
    return new Map();
  }
}

function isHealth(value: unknown): boolean {
  if (!isObject(value) || !isObject(value["targets"])) return false;
  const { verdict, since, flaps, targets } = value;
  const numbers = typeof since === "number" && typeof flaps === "number";
  return numbers && ["up", "down", "unknown"].includes(String(verdict)) && Object.values(targets as object).every(isTarget);
}

function isTarget(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { state, against, since } = value;
  return ["ok", "failed", "unknown"].includes(String(state)) && typeof against === "number" && typeof since === "number";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
