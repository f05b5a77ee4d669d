import { type Family, familyOf, type Prefix, parsePrefix } from "../net/address.ts";
import { treeBelow } from "./build-tree.ts";
import type { ConfigTree } from "./config-tree.ts";

/** An address an interface is given: with the length of its network. */
export interface InterfaceAddress {
  readonly family: Family;
  readonly address: string;
  readonly network: Prefix;
}

/** An interface of the router's own configuration (`interfaces TYPE NAME`), as far as this product cares. */
export interface ConfiguredInterface {
  readonly name: string;
  readonly addresses: readonly InterfaceAddress[];
  /** `address dhcp`, `address dhcpv6`: addresses come later. */
  readonly dynamic: boolean;
  readonly pointToPoint: boolean;
}

/** Types whose links have no network with neighbours in it, so that no gateway is needed. */
const POINT_TO_POINT = ["pppoe", "tunnel", "wireguard", "openvpn", "vti", "wirelessmodem", "wwan", "sstpc"];

/** An address with the length of its network, `192.0.2.2/24`; `undefined` for `dhcp` and the like. */
export function interfaceAddress(text: string): InterfaceAddress | undefined {
  const network = parsePrefix(text);
  const [address = ""] = text.split("/");
  const family = familyOf(address);
  return network === undefined || family === undefined
    ? undefined
    : { family, address: parsePrefix(address)?.address ?? address, network };
}

/**
 * The interfaces of a router's configuration, VLANs (`vif`, `vif-s`, `vif-c`) and PPPoE sessions included; `undefined` when it
 * has no `interfaces` section, so that nothing can be said about them.
 */
export function configuredInterfaces(router: ConfigTree): readonly ConfiguredInterface[] | undefined {
  const types = treeBelow(router, ["interfaces"]);
  if (types === undefined || types.children.size === 0) return undefined;
  return [...types.children].flatMap(([type, named]) =>
    [...named.children].flatMap(([name, tree]) => interfacesOf(tree, name, POINT_TO_POINT.includes(type))),
  );
}

function interfacesOf(tree: ConfigTree, name: string, pointToPoint: boolean): ConfiguredInterface[] {
  const words = [...(treeBelow(tree, ["address"])?.children.keys() ?? [])];
  const addresses = words.map(interfaceAddress).filter((address) => address !== undefined);
  const own = { name, addresses, dynamic: addresses.length < words.length, pointToPoint };
  const vlans = ["vif", "vif-s", "vif-c"].flatMap((kind) =>
    [...(tree.children.get(kind)?.children ?? [])].flatMap(([id, vlan]) => interfacesOf(vlan, `${name}.${id}`, pointToPoint)),
  );
  const sessions = [...(tree.children.get("pppoe")?.children ?? [])].flatMap(([unit, session]) =>
    interfacesOf(session, `pppoe${unit}`, true),
  );
  return [own, ...vlans, ...sessions];
}
