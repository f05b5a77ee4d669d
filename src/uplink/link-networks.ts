import { canonicalAddress, type Family, parsePrefix, prefixHolds, prefixOf } from "../net/address.ts";
import type { Link, LinkAddress } from "./facts.ts";

/** The usable addresses of an interface in one family: global ones, in the kernel's order. */
export function addressesOf(link: Link, family: Family): readonly LinkAddress[] {
  return link.addresses.filter((address) => address.family === family && address.scope === "global");
}

/** Whether the kernel reaches `gateway` over the interface without `onlink`: in a network of it, its peer, or link-local IPv6. */
export function isReachable(link: Link, gateway: string): boolean {
  const linkLocal = parsePrefix("fe80::/10");
  if (linkLocal !== undefined && prefixHolds(linkLocal, gateway)) return true;
  return link.addresses.some((address) => {
    if (address.peer !== undefined && canonicalAddress(address.peer.split("/")[0] ?? "") === gateway) return true;
    return prefixHolds(prefixOf(address.address, address.length), gateway);
  });
}

/** Whether the address belongs to the router itself, on any interface: the kernel refuses such a next hop. */
export function isOwnAddress(links: readonly Link[], address: string): boolean {
  return links.some((link) => link.addresses.some((own) => own.address === address));
}
