import ipaddr from "ipaddr.js";
import { canonicalAddress } from "../net/address.ts";

/**
 * Parses what a DHCP server or a peer names as gateways: addresses between spaces or commas. Hostile input: anything that is
 * not a unicast address is left out and comes back in `refused`, quoted, so that it can be shown. Order is kept, doubles go.
 */
export function parseGatewayList(text: string): { readonly gateways: readonly string[]; readonly refused: readonly string[] } {
  const gateways = new Set<string>();
  const refused: string[] = [];
  for (const word of text.split(/[\s,]+/)) {
    if (word === "") continue;
    const address = canonicalAddress(word);
    if (address === undefined || !isUnicast(address)) refused.push(JSON.stringify(word.slice(0, 40)));
    else gateways.add(address);
  }
  return { gateways: [...gateways], refused };
}

/** Not `this network`, loopback, multicast, class E or broadcast (RFC 6890); of IPv6 not `::`, `::1` or multicast. */
function isUnicast(address: string): boolean {
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) {
    const first = parsed.octets[0] ?? 0;
    return first !== 0 && first !== 127 && first < 224;
  }
  return !["unspecified", "loopback", "multicast"].includes(parsed.range());
}
