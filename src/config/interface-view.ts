import { prefixOf } from "../net/address.ts";
import type { CheckContext } from "./check-context.ts";
import type { InterfaceAddress } from "./configured-interfaces.ts";

/** What is known about the router's interfaces, proposed configuration and kernel brought together. */
export interface InterfaceView {
  readonly names: readonly string[];
  exists(name: string): boolean;
  /** Addresses it will have; the kernel's count too, since a lease's are in no configuration. */
  addresses(name: string): readonly InterfaceAddress[];
  /** Every address is in the configuration: nothing comes by DHCP or from a peer. */
  isStatic(name: string): boolean;
  /** A link with a peer and no network: its packets have no MAC addresses. */
  isPointToPoint(name: string): boolean;
  isOwnAddress(address: string): boolean;
}

/** Interfaces that daemons make when a line comes up: that they are missing now says little. */
const APPEARS_LATER = /^(ppp|pppoe|l2tp|pptp|sstp|sstpc|ipoe|tun|tap|vtun|wg|wlm|wwan|vti|gre|sit|ipip|vpn|ovpn)/;

export function mayAppearLater(name: string): boolean {
  return APPEARS_LATER.test(name);
}

export function interfaceView(context: CheckContext): InterfaceView {
  const configured = new Map((context.configured ?? []).map((one) => [one.name, one]));
  const links = new Map(context.links.map((link) => [link.name, link]));
  const known = context.configured === undefined ? links : configured;
  const kernelAddresses = (name: string): InterfaceAddress[] =>
    (links.get(name)?.addresses ?? []).map(({ address, length, peer }) => {
      const network = prefixOf(peer ?? address, length);
      return { family: network.family, address, network };
    });
  const addresses = (name: string) => [...(configured.get(name)?.addresses ?? []), ...kernelAddresses(name)];
  const own = new Set([...configured.keys(), ...links.keys()].flatMap((name) => addresses(name).map(({ address }) => address)));
  const isPointToPoint = (name: string): boolean =>
    configured.get(name)?.pointToPoint === true || links.get(name)?.pointToPoint === true;
  return {
    names: [...known.keys()],
    exists: (name) => known.has(name),
    addresses,
    isStatic(name) {
      const one = configured.get(name);
      return one !== undefined && !one.dynamic && !isPointToPoint(name);
    },
    isPointToPoint,
    isOwnAddress: (address) => own.has(address),
  };
}
