import { prefixHolds } from "../net/address.ts";
import type { Check } from "./check.ts";
import { mayAppearLater } from "./interface-view.ts";
import type { Uplink } from "./schema.ts";
import { someOf, suggest } from "./suggest.ts";

/** Interface, gateways and source address of an uplink. */
export function checkUplinkWay(check: Check, name: string, uplink: Uplink): void {
  const path = ["uplink", name];
  const interfaceName = uplink.interface;
  if (interfaceName === undefined) {
    if (!check.isBroken([...path, "interface"])) check.error(path, 'interface must be set, such as "interface eth1"');
    return;
  }
  checkInterfaceExists(check, path, interfaceName);
  checkGateway(check, path, "gateway", uplink.gateway, uplink, interfaceName);
  checkGateway(check, path, "gateway6", uplink.gateway6, uplink, interfaceName);
  const isStatic = check.interfaces.isStatic(interfaceName);
  const hasIpv4 = check.interfaces.addresses(interfaceName).some(({ family }) => family === "ipv4");
  if (uplink.gateway === undefined && isStatic && hasIpv4 && !check.isBroken([...path, "gateway"])) {
    check.error(path, `gateway must be set (${interfaceName} has a static address)`);
  }
  const source = uplink["source-address"];
  if (source !== "auto" && source !== "none" && isStatic && !check.interfaces.isOwnAddress(source)) {
    check.error(
      path,
      `source-address ${source} is not an address of this router; give ${interfaceName} that address, or use "auto"`,
    );
  }
  if (uplink.gateway === "dhcp" && !uplink.disable && check.context.leases?.has(interfaceName) === false) {
    check.warn(path, `${interfaceName} has no DHCP lease yet; until it has, if-down ${uplink["if-down"]} applies`);
  }
}

/** An error for an interface nobody knows; a warning when its name is of the kind that comes and goes. */
export function checkInterfaceExists(check: Check, path: readonly string[], name: string): void {
  if (check.interfaces.exists(name)) return;
  if (mayAppearLater(name))
    check.warn(path, `interface ${name} does not exist yet; what hangs on it begins to work when it does`);
  else {
    // "eth0" for "eth9" would be a guess; "eth0" for "eht0" is a help.
    const letters = (text: string) => text.replace(/\d/g, "");
    const names = check.interfaces.names.filter((known) => letters(known) !== letters(name));
    const { names: all } = check.interfaces;
    const others = all.length === 0 ? "" : ` (there are ${someOf(all)})`;
    check.error(path, `interface ${name} does not exist${suggest(name, names) || others}`);
  }
}

function checkGateway(
  check: Check,
  path: readonly string[],
  leaf: "gateway" | "gateway6",
  gateway: string | undefined,
  uplink: Uplink,
  interfaceName: string,
): void {
  if (gateway === undefined || !/[.:]/.test(gateway)) return;
  if (check.interfaces.isOwnAddress(gateway)) {
    check.error(path, `${leaf} ${gateway} is an address of this router; name that of the other end`);
    return;
  }
  // A link-local gateway (fe80::/10) is in a network of every interface.
  if (uplink.onlink || /^fe[89ab]/.test(gateway)) return;
  const family = leaf === "gateway" ? "ipv4" : "ipv6";
  const own = check.interfaces.addresses(interfaceName).filter((address) => address.family === family);
  if (own.length === 0 && !check.interfaces.isStatic(interfaceName)) return;
  if (own.some(({ network }) => prefixHolds(network, gateway))) return;
  check.error(path, `${leaf} ${gateway} is not in a network of ${interfaceName}; add "onlink" if that is meant`);
}
