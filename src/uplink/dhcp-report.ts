import { canonicalAddress, type Family, familyOf } from "../net/address.ts";
import { dhcpGateways } from "./dhcp-gateways.ts";
import type { GatewayReport } from "./facts.ts";
import { isInterfaceName } from "./interface-name.ts";

/** The environment of a hook: names and values, hostile until checked. */
export type HookEnvironment = Readonly<Record<string, string | undefined>>;

/** What a hook's environment says. `problems` are for the log: values that were refused, quoted. */
export interface HookReport {
  /** Absent when there is nothing to record: a reason that tells nothing, or an environment that makes no sense. */
  readonly report?: GatewayReport;
  /** The interface was set up anew: the kernel may have dropped routes although the lease is the one from before. */
  readonly anew: boolean;
  readonly problems: readonly string[];
}

type Effect = "bound" | "gone" | "bound6" | "gone6";

/** dhclient-script(8), dhclient 4.4: every reason that changes what the interface has. All others change nothing. */
const EFFECTS: ReadonlyMap<string, Effect> = new Map([
  ["BOUND", "bound"],
  ["RENEW", "bound"],
  ["REBIND", "bound"],
  ["REBOOT", "bound"],
  ["TIMEOUT", "bound"],
  ["EXPIRE", "gone"],
  ["FAIL", "gone"],
  ["RELEASE", "gone"],
  ["STOP", "gone"],
  ["BOUND6", "bound6"],
  ["RENEW6", "bound6"],
  ["REBIND6", "bound6"],
  ["EXPIRE6", "gone6"],
  ["RELEASE6", "gone6"],
  ["STOP6", "gone6"],
]);

/** Reasons after which the interface has been given its address anew; RENEW and REBIND leave it alone. */
const ANEW: ReadonlySet<string> = new Set(["BOUND", "REBOOT", "TIMEOUT", "BOUND6"]);

/**
 * Reads the environment dhclient gives its scripts. `now` is in seconds since the epoch. BOUND and its kin give the gateways
 * of options 3 and 121, EXPIRE and its kin an empty list. DHCPv6 never names a gateway (RFC 8415: router advertisements do):
 * its report only carries the address, so that a new one is noticed.
 */
export function dhcpReport(env: HookEnvironment, now: number): HookReport {
  const effect = EFFECTS.get(env.reason ?? "");
  if (effect === undefined) return { anew: false, problems: [] };
  const name = env.interface ?? "";
  if (!isInterfaceName(name))
    return { anew: false, problems: [`interface name ${JSON.stringify(name.slice(0, 40))} is not valid`] };
  const family: Family = effect.endsWith("6") ? "ipv6" : "ipv4";
  const base = { interface: name, family, source: "dhcp-hook", at: now } as const;
  if (effect === "gone" || effect === "gone6") return { report: { ...base, gateways: [] }, anew: false, problems: [] };
  return family === "ipv4" ? boundReport(base, env, now) : bound6Report(base, env);
}

type Base = Pick<GatewayReport, "interface" | "family" | "source" | "at">;

function boundReport(base: Base, env: HookEnvironment, now: number): HookReport {
  const address = canonicalAddress(env.new_ip_address ?? "");
  if (address === undefined || familyOf(address) !== "ipv4") {
    return {
      anew: false,
      problems: [`new_ip_address ${JSON.stringify((env.new_ip_address ?? "").slice(0, 40))} is not an IPv4 address`],
    };
  }
  const classless = env.new_rfc3442_classless_static_routes || env.new_classless_static_routes;
  const { gateways, problems } = dhcpGateways(env.new_routers, classless);
  const expires = expiry(env, now);
  return {
    report: { ...base, gateways, address, ...(expires === undefined ? {} : { expires }) },
    anew: ANEW.has(env.reason ?? ""),
    problems,
  };
}

/** `new_expiry` is in seconds since the epoch, `new_dhcp_lease_time` in seconds from now; 2^32-1 means for ever (RFC 2131). */
function expiry(env: HookEnvironment, now: number): number | undefined {
  const seconds = env.new_dhcp_lease_time ?? "";
  if (seconds === "4294967295") return undefined;
  if (/^\d{1,12}$/.test(env.new_expiry ?? "") && Number(env.new_expiry) > now) return Number(env.new_expiry);
  return /^\d{1,10}$/.test(seconds) && Number(seconds) > 0 ? now + Number(seconds) : undefined;
}

function bound6Report(base: Base, env: HookEnvironment): HookReport {
  const address = canonicalAddress(env.new_ip6_address ?? "");
  if (address === undefined || familyOf(address) !== "ipv6") return { anew: false, problems: [] };
  return { report: { ...base, gateways: [], address }, anew: ANEW.has(env.reason ?? ""), problems: [] };
}
