import { familyOf, prefixHolds } from "../net/address.ts";
import type { Check } from "./check.ts";
import type { Uplink } from "./schema.ts";

type Health = NonNullable<Uplink["health"]>;

/** Probes of an uplink: that they can be made at all, and that their numbers can be met. */
export function checkUplinkHealth(check: Check, name: string, uplink: Uplink): void {
  const { health } = uplink;
  if (health === undefined) return;
  const path = ["uplink", name, "health"];
  const targets = Object.entries(health.target);
  const minimum = health["minimum-targets"];
  if (targets.length === 0) {
    if (!check.isBroken([...path, "target"])) check.error(path, 'at least one target must be set, such as "target gateway"');
  } else if (minimum > targets.length) {
    check.error(path, `minimum-targets ${minimum} is more than there are targets (${targets.length}); lower it, or add targets`);
  }
  if (health.timeout > health.interval) {
    check.error(path, `timeout ${health.timeout} is longer than interval ${health.interval}: a probe has to end before the next`);
  }
  for (const [address, target] of targets) checkTarget(check, [...path, "target", address], address, target, uplink);
}

function checkTarget(
  check: Check,
  path: readonly string[],
  address: string,
  { type, port, script }: Health["target"][string],
  uplink: Uplink,
): void {
  if (type === "tcp" && port === undefined && !check.isBroken([...path, "port"]))
    check.error(path, 'type tcp needs the port to connect to, such as "port 443"');
  if (type !== "tcp" && port !== undefined) check.error(path, `port needs type tcp, not ${type}`);
  if (type === "script" && script === undefined && !check.isBroken([...path, "script"])) {
    check.error(path, 'type script needs the file to run, such as "script /config/scripts/probe"');
  }
  if (type !== "script" && script !== undefined) check.error(path, `script needs type script, not ${type}`);
  if (script !== undefined && check.context.notExecutable?.has(script))
    check.error(path, `${script} is not executable: chmod +x ${script}`);
  if (address !== "gateway" && check.interfaces.isOwnAddress(address))
    check.error(path, "is an address of this router, which answers also when the line is dead");
  if (type === "arp") checkNeighbour(check, path, address, uplink);
  const missing = check.context.missingPrograms?.get(probeProgram(type, address) ?? "");
  if (missing !== undefined) check.error(path, `type ${type}: ${missing}`);
}

/** Only a neighbour answers ARP and neighbour solicitations. */
function checkNeighbour(check: Check, path: readonly string[], address: string, uplink: Uplink): void {
  const { interface: interfaceName, gateway } = uplink;
  if (interfaceName === undefined) return;
  const link = check.context.links.find(({ name }) => name === interfaceName);
  if (gateway === "ppp" || link?.pointToPoint === true) {
    check.error(path, `type arp: ${interfaceName} is a point-to-point line, nobody answers ARP there`);
    return;
  }
  if (address === "gateway" || /^fe[89ab]/.test(address)) return;
  const own = check.interfaces.addresses(interfaceName).filter(({ family }) => family === familyOf(address));
  if (own.length === 0 && !check.interfaces.isStatic(interfaceName)) return;
  if (own.some(({ network }) => prefixHolds(network, address))) return;
  check.error(path, `type arp: it is not in a network of ${interfaceName}, so nobody answers ARP for it there`);
}

/** The program that makes a probe; `undefined` for a script. Address `gateway` may turn out to be of either family. */
export function probeProgram(type: Health["target"][string]["type"], address: string): string | undefined {
  switch (type) {
    case "ping":
      return "ping";
    case "tcp":
      return "socat";
    case "arp":
      return address.includes(":") ? "ndisc6" : "arping";
    case "script":
      return undefined;
  }
}

/** Programs that the probes of a configuration need, and files that have to be executable (`hook` too). */
export function programsOf(config: { readonly hook?: string; readonly uplink: Readonly<Record<string, Uplink>> }): {
  readonly programs: readonly string[];
  readonly files: readonly string[];
} {
  const targets = Object.values(config.uplink).flatMap(({ health }) => Object.entries(health?.target ?? {}));
  const programs = targets.flatMap(([address, { type }]) => probeProgram(type, address) ?? []);
  const files = targets.flatMap(([, { script }]) => script ?? []);
  return {
    programs: [...new Set(programs)],
    files: [...new Set([...files, ...(config.hook === undefined ? [] : [config.hook])])],
  };
}
