import type { Check } from "./check.ts";
import type { Rule, Uplink } from "./schema.ts";

/** Uplinks beside the rest: whether anything uses them, what else their interface is for, whether rp_filter lets them be. */
export function checkUplinkUse(check: Check): void {
  const rules = Object.values(check.config.rule).filter(({ disable }) => !disable);
  const named = new Set(rules.flatMap(({ set }) => [set.uplink, set["reply-uplink"]]));
  for (const group of Object.values(check.config.group)) for (const member of Object.keys(group.uplink)) named.add(member);
  const lan = new Set(rules.flatMap(lanInterfaces));
  for (const [name, uplink] of Object.entries(check.config.uplink)) {
    if (uplink.disable) continue;
    const path = ["uplink", name];
    const tracks = uplink["track-inbound"] === "enable";
    if (!named.has(name) && !tracks && uplink["source-rule"] === "disable") check.warn(path, "nothing uses this uplink");
    if (uplink.interface !== undefined && lan.has(uplink.interface) && tracks && uplink["gateway-mac"] === undefined) {
      check.error(path, `${uplink.interface} is also a LAN interface; track-inbound needs gateway-mac`);
    }
    checkSourceValidation(check, path, uplink);
  }
  checkSharedInterfaces(check);
}

/** Only the gateway's MAC address would tell by which of an interface's uplinks a connection came in: the last one has them all. */
function checkSharedInterfaces(check: Check): void {
  const users = new Map<string, string[]>();
  for (const [name, uplink] of Object.entries(check.config.uplink)) {
    if (uplink.disable || uplink.interface === undefined) continue;
    if (uplink["track-inbound"] === "disable" || uplink["gateway-mac"] !== undefined) continue;
    users.set(uplink.interface, [...(users.get(uplink.interface) ?? []), name]);
  }
  for (const [name, uplinks] of users) {
    const last = uplinks.at(-1);
    if (last === undefined || uplinks.length < 2) continue;
    check.warn(
      ["uplink", `${uplinks.slice(0, -1).join(", ")} and ${last}`],
      `track-inbound cannot tell them apart on ${name} without gateway-mac: all that comes in there is answered by ${last}`,
    );
  }
}

/** Interfaces that a rule takes its forwarded traffic from. */
function lanInterfaces(rule: Rule): string[] {
  if (rule.traffic !== "forwarded" && rule.traffic !== "all") return [];
  const network = rule.source["interface-network"];
  const inbound = rule["inbound-interface"].filter(({ negate, wildcard }) => !negate && !wildcard).map(({ name }) => name);
  return network === undefined ? inbound : [...inbound, network];
}

/** The kernel takes the larger of all/rp_filter and the interface's; 1 is strict, 2 loose (ip-sysctl.rst). */
function checkSourceValidation(check: Check, path: readonly string[], uplink: Uplink): void {
  const all = check.context.allRpFilter ?? 0;
  const mode = uplink["source-validation"];
  if ((mode === "strict" && all === 2) || (mode === "disable" && all > 0)) {
    check.warn(path, `source-validation ${mode} has no effect: net.ipv4.conf.all.rp_filter is ${all}`);
  }
}
