import { type Family, familyOf, prefixHolds, prefixOf } from "../net/address.ts";
import type { Link } from "./facts.ts";
import { addressesOf, isOwnAddress } from "./link-networks.ts";

/** `src` of an uplink's default route, or what is wrong with the wish. */
export interface SourceAddress {
  readonly address?: string;
  readonly warning?: string;
}

/**
 * Chooses `src`. `wish` is the value of `source-address`: `auto`, `none`, or an address, which leaves the other family to auto.
 * auto: the address of the lease, else the first one in the gateway's network, else the first; IPv6 addresses that are
 * deprecated, tentative or temporary come last. The kernel refuses a `src` that is not an address of the router.
 */
export function sourceAddress(
  wish: string,
  family: Family,
  link: Link,
  links: readonly Link[],
  route: { readonly gateway?: string; readonly leased?: string },
): SourceAddress {
  if (wish === "none") return {};
  const literal = familyOf(wish) === family ? wish : undefined;
  if (literal !== undefined && isOwnAddress(links, literal)) return { address: literal };
  const address = automatic(family, link, route);
  const found = address === undefined ? {} : { address };
  return literal === undefined ? found : { ...found, warning: `source-address ${literal} is not an address of this router` };
}

function automatic(
  family: Family,
  link: Link,
  route: { readonly gateway?: string; readonly leased?: string },
): string | undefined {
  const all = addressesOf(link, family);
  if (all.some((own) => own.address === route.leased)) return route.leased;
  const lasting = all.filter((own) => own.flags.length === 0);
  const candidates = lasting.length > 0 ? lasting : all.filter((own) => !own.flags.includes("tentative"));
  const { gateway } = route;
  const near = candidates.find((own) => gateway !== undefined && prefixHolds(prefixOf(own.address, own.length), gateway));
  return (near ?? candidates[0])?.address;
}
