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
    if (!named.has(name) && !tracks && uplink["source-rule"] === "disable")
      check.warn(path, "nothing uses this uplink: no rule, no group, and track-inbound and source-rule are disabled");
    if (uplink.interface !== undefined && lan.has(uplink.interface) && tracks && uplink["gateway-mac"] === undefined) {
      check.error(path, `${uplink.interface} is also a LAN interface; track-inbound needs gateway-mac`);
    }
    checkSourceValidation(check, path, uplink);
    if (
      uplink["gateway-mac"] !== undefined &&
      uplink.interface !== undefined &&
      check.interfaces.isPointToPoint(uplink.interface)
    )
      check.error(
        path,
        `gateway-mac needs a network with MAC addresses; ${uplink.interface} is a point-to-point link; leave it out`,
      );
  }
  const sharing = new Map<string, string[]>();
  for (const [name, uplink] of Object.entries(check.config.uplink)) {
    if (uplink.disable || uplink.interface === undefined) continue;
    sharing.set(uplink.interface, [...(sharing.get(uplink.interface) ?? []), name]);
  }
  for (const [name, uplinks] of sharing) if (uplinks.length > 1) checkSharedInterface(check, name, uplinks);
  checkWildcards(check);
}

/** Uplinks on one interface are told apart by their gateways' MAC addresses alone; its sysctls they have in common. */
function checkSharedInterface(check: Check, interfaceName: string, names: readonly string[]): void {
  const { uplink } = check.config;
  const path = (some: readonly string[]): string[] => ["uplink", `${some.slice(0, -1).join(", ")} and ${some.at(-1)}`];
  const untold = names.filter(
    (name) => uplink[name]?.["track-inbound"] === "enable" && uplink[name]["gateway-mac"] === undefined,
  );
  if (untold.length > 1) {
    check.warn(
      path(untold),
      `track-inbound cannot tell them apart on ${interfaceName} without gateway-mac: all that comes in there is answered by ${untold[0]}`,
    );
  }
  for (const [i, name] of names.entries()) {
    const mac = uplink[name]?.["gateway-mac"];
    const other = names.slice(0, i).find((earlier) => mac !== undefined && uplink[earlier]?.["gateway-mac"] === mac);
    if (other !== undefined)
      check.error(path([other, name]), `both have gateway-mac ${mac} on ${interfaceName}; each needs that of its own gateway`);
  }
  const modes = names.filter((name) => uplink[name]?.["source-validation"] !== "auto");
  const [first = "", second] = [...new Set(modes.map((name) => uplink[name]?.["source-validation"]))];
  if (second !== undefined) {
    check.error(
      path(modes),
      `${interfaceName} has one source-validation for them all, not ${first} and ${second}; give them the same`,
    );
  }
}

/** `eth+` takes in an uplink's interface that nobody meant: what arrives there is noted and answered, not steered. */
function checkWildcards(check: Check): void {
  const tracked = Object.entries(check.config.uplink).flatMap(([name, uplink]) =>
    uplink.disable || uplink["track-inbound"] === "disable" || uplink.interface === undefined
      ? []
      : [{ name, device: uplink.interface }],
  );
  for (const [number, rule] of Object.entries(check.config.rule)) {
    if (rule.disable || (rule.traffic !== "forwarded" && rule.traffic !== "all")) continue;
    const interfaces = rule["inbound-interface"];
    for (const { name, device } of tracked) {
      const taken = interfaces.find((match) => match.wildcard && !match.negate && device.startsWith(match.name));
      if (taken === undefined || interfaces.some((match) => match.negate && match.name === device)) continue;
      check.warn(
        ["rule", number],
        `inbound-interface ${taken.name}+ takes nothing from ${device}: uplink ${name} has track-inbound, what comes in there is answered there`,
      );
    }
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
    check.warn(
      path,
      `source-validation ${mode} has no effect: net.ipv4.conf.all.rp_filter is ${all}; it would have to be ${mode === "strict" ? "0 or 1" : "0"}`,
    );
  }
  if (mode === "strict" && check.config.exempt.connected === "disable") {
    check.warn(
      path,
      'source-validation strict lets in what claims to be from connected networks, because "exempt connected" is disabled; name those that are never behind this uplink as "exempt destination"',
    );
  }
}
