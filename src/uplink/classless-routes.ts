import { addressBits, familyOf, type Prefix, parsePrefix, prefixOf } from "../net/address.ts";

/** A route of DHCP option 121. `gateway` 0.0.0.0 means that the network is on the link itself (RFC 3442). */
export interface ClasslessRoute {
  readonly destination: Prefix;
  readonly gateway: string;
}

/**
 * Parses DHCP option 121 in the forms clients give it: RFC 3442 octets between spaces or commas (`24 10 1 0 192 0 2 1`, ISC
 * dhclient's environment and lease file) or words (`10.1.0.0/24 192.0.2.1`, dhcpcd). `undefined` when it is neither or cut short.
 */
export function parseClasslessRoutes(text: string): readonly ClasslessRoute[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  return words.some((word) => word.includes("/")) ? routesFromWords(words) : routesFromOctets(words);
}

function routesFromWords(words: readonly string[]): readonly ClasslessRoute[] | undefined {
  const routes: ClasslessRoute[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const destination = parsePrefix(words[at] ?? "");
    const gateway = words[at + 1] ?? "";
    if (destination?.family !== "ipv4" || familyOf(gateway) !== "ipv4") return undefined;
    routes.push({ destination, gateway });
  }
  return routes;
}

function routesFromOctets(words: readonly string[]): readonly ClasslessRoute[] | undefined {
  if (!words.every((word) => /^\d{1,3}$/.test(word) && Number(word) <= 255)) return undefined;
  const octets = words.map(Number);
  const routes: ClasslessRoute[] = [];
  for (let at = 0; at < octets.length; ) {
    const length = octets[at] ?? 0;
    const significant = Math.ceil(length / 8);
    const end = at + 1 + significant + 4;
    if (length > addressBits("ipv4") || end > octets.length) return undefined;
    const network = [...octets.slice(at + 1, at + 1 + significant), 0, 0, 0, 0].slice(0, 4).join(".");
    routes.push({ destination: prefixOf(network, length), gateway: octets.slice(end - 4, end).join(".") });
    at = end;
  }
  return routes;
}
