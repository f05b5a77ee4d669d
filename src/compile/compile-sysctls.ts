import type { Family } from "../net/address.ts";
import type { UplinkTarget } from "./targets.ts";

const RP_FILTER = { auto: undefined, disable: "0", strict: "1", loose: "2" } as const;

/**
 * Whether what arrives by the interface has to say so to pass the kernel's reverse path filter: the kernel takes the higher
 * of `all` and the interface's own value; 1 is strict. Loose filtering (2) wants any route to the sender, which answers to
 * probes lack while the uplink's own table refuses everything.
 */
export function needsArrivalMark(
  target: UplinkTarget,
  all: readonly UplinkTarget[],
  rpFilter: ReadonlyMap<string, number>,
): boolean {
  // What one of them asks for, all on the interface have.
  const sharing = all.filter(({ config, state }) => state !== undefined && config.interface === target.config.interface);
  const [asked] = sharing.flatMap(({ config }) => RP_FILTER[config["source-validation"]] ?? []);
  const own = asked ?? rpFilter.get(target.config.interface ?? "") ?? 0;
  const mode = Math.max(Number(own), rpFilter.get("all") ?? 0);
  return mode === 1 || (mode > 0 && target.probeTable !== undefined);
}

/** Sysctls of one uplink's interface; never `all`, which would change every other interface too. */
export function uplinkSysctls(target: UplinkTarget, families: readonly Family[], strict: boolean): [string, string][] {
  const { state, config } = target;
  if (state === undefined || state.link === "missing") return [];
  const ipv4 = (key: string) => `net/ipv4/conf/${state.interface}/${key}`;
  const sysctls: [string, string][] = families.map((family) => [
    `net/${family}/conf/${state.interface}/ignore_routes_with_linkdown`,
    "1",
  ]);
  const rpFilter = RP_FILTER[config["source-validation"]];
  if (rpFilter !== undefined) sysctls.push([ipv4("rp_filter"), rpFilter]);
  if (strict) sysctls.push([ipv4("src_valid_mark"), "1"]);
  if (config["log-martians"] === "enable") sysctls.push([ipv4("log_martians"), "1"]);
  return sysctls;
}
