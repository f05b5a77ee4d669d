/** Why an uplink cannot be used now: its link, address or gateway; or the verdict of its probes, or the operator. */
export type Outage = "none" | "link" | "verdict";

/** What is remembered of an uplink's flaps. Times are seconds since the epoch. */
export interface FlapMemory {
  readonly outage: Outage;
  /** Times it went down, until it stayed up for FORGIVEN seconds (hold.ts). */
  readonly flaps: number;
  /** When the outage began or ended. */
  readonly since: number;
  /** The last outage was one of the link: then nobody else holds it down. */
  readonly byLink: boolean;
}

/** Whether a value from a file is one. By hand, as its file is read each time by commits and hooks. */
export function isFlapMemory(value: unknown): value is FlapMemory {
  if (typeof value !== "object" || value === null) return false;
  const { outage, flaps, since, byLink } = value as Partial<Record<keyof FlapMemory, unknown>>;
  return (
    (outage === "none" || outage === "link" || outage === "verdict") &&
    typeof flaps === "number" &&
    typeof since === "number" &&
    typeof byLink === "boolean"
  );
}
