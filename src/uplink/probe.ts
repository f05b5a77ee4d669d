import type { Uplink } from "../config/schema.ts";
import { FAMILIES, type Family, familyOf } from "../net/address.ts";
import type { HealthSettings } from "./health.ts";
import type { UplinkState } from "./uplink-state.ts";

type Health = NonNullable<Uplink["health"]>;

/** One probe to be made: everything it takes, so that whoever makes it need not know the configuration. */
export interface Probe {
  readonly type: Health["target"][string]["type"];
  /** As the operator wrote it: an address, or `gateway`. */
  readonly target: string;
  readonly address: string;
  readonly family: Family;
  readonly uplink: string;
  readonly interface: string;
  /** Value of the mark its packets carry (probeRule in compile-ip-rules.ts). */
  readonly mark: number;
  /** Seconds. */
  readonly timeout: number;
  readonly port?: number;
  readonly script?: string;
  readonly gateway?: string;
  /** The router's own address on the uplink. */
  readonly source?: string;
}

/** A target that need not be asked: `words` say why it cannot answer. */
export interface Hopeless {
  readonly target: string;
  readonly words: string;
}

export function isHopeless(probe: Probe | Hopeless): probe is Hopeless {
  return "words" in probe;
}

/** The probes of one uplink as it is now, in the order of the configuration. */
export function probesOf(
  name: string,
  health: Health,
  state: UplinkState | undefined,
  mark: number,
): readonly (Probe | Hopeless)[] {
  return Object.entries(health.target).map(([target, { type, port, script }]) => {
    const found = addressOf(target, state);
    if (state === undefined || "words" in found) return { target, words: "nothing is known of the uplink", ...found };
    const { gateway, sourceAddress } = state.routes[found.family];
    return {
      type,
      target,
      ...found,
      uplink: name,
      interface: state.interface,
      mark,
      timeout: health.timeout,
      ...(port === undefined ? {} : { port }),
      ...(script === undefined ? {} : { script }),
      ...(gateway === undefined ? {} : { gateway }),
      ...(sourceAddress === undefined ? {} : { source: sourceAddress }),
    };
  });
}

const LINK_WORDS = {
  "no-carrier": "no carrier",
  "admin-down": "interface is down",
  missing: "the interface does not exist",
} as const;

/** `gateway` is the IPv4 one where there are two; on a line without gateways it is the peer. */
function addressOf(
  target: string,
  state: UplinkState | undefined,
): { readonly address: string; readonly family: Family } | { readonly words: string } {
  if (state === undefined) return { words: "nothing is known of the uplink" };
  if (state.link !== "up") return { words: LINK_WORDS[state.link] };
  if (target !== "gateway") {
    const family = familyOf(target) ?? "ipv4";
    const route = state.routes[family];
    return route.kind === "none" ? { words: route.reason ?? "no gateway is known" } : { address: target, family };
  }
  for (const family of FAMILIES) {
    const { kind, gateway } = state.routes[family];
    const peer = state.addresses.find((own) => own.family === family && own.peer !== undefined)?.peer?.split("/")[0];
    const address = gateway ?? (kind === "device" ? peer : undefined);
    if (address !== undefined) return { address, family };
  }
  return { words: state.routes.ipv4.reason ?? state.routes.ipv6.reason ?? "no gateway is known" };
}

/** The numbers of the state machine out of the configuration. */
export function healthSettings(health: Health): HealthSettings {
  return {
    minimumTargets: health["minimum-targets"],
    failureCount: health["failure-count"],
    successCount: health["success-count"],
    holdDown: health["hold-down"],
  };
}
