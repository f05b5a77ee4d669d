import { type Family, familyOf } from "../net/address.ts";
import type { GatewayReport } from "./facts.ts";
import { isInterfaceName } from "./interface-name.ts";

/** An address no provider announces, so that only the default route can match it: class E; outside 2000::/3 (IANA registries). */
const PROBE: Readonly<Record<Family, string>> = { ipv4: "240.0.0.1", ipv6: "8000::1" };

/** RTPROT_RA of the kernel (rtnetlink.h), as `ip -N` prints it. */
const PROTO_RA = "9";

/**
 * `ip -batch` input that asks for the default route out of each interface. `route get fibmatch` is one lookup; `ip route show
 * default` makes the kernel send the whole table (76 ms with 200,000 routes against 2 ms, Linux 6.18, iproute2 6.1).
 */
export function renderDefaultQuery(family: Family, interfaces: readonly string[]): string {
  return interfaces.map((name) => `route get fibmatch ${PROBE[family]} oif ${name}\n`).join("");
}

/**
 * Parses the answers to `renderDefaultQuery` (`ip -N -j -force -batch -`: one JSON array per line, nothing for an interface
 * without a default). IPv6: only defaults from router advertisements count, since only they are asked for (`gateway6 ra`).
 */
export function parseDefaultAnswers(text: string, family: Family): readonly GatewayReport[] {
  const reports: GatewayReport[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    for (const { dst, dev, gateway, protocol } of routesOf(line)) {
      if (dst !== "default" || typeof dev !== "string" || !isInterfaceName(dev)) continue;
      if (typeof gateway !== "string" || familyOf(gateway) !== family) continue;
      if (family === "ipv6" && protocol !== PROTO_RA) continue;
      reports.push({ interface: dev, family, gateways: [gateway], source: "kernel" });
    }
  }
  return reports;
}

interface RouteJson {
  readonly dst?: unknown;
  readonly dev?: unknown;
  readonly gateway?: unknown;
  readonly protocol?: unknown;
}

/** Nothing where the line is no JSON array of objects. */
function routesOf(line: string): readonly RouteJson[] {
  try {
    const value: unknown = JSON.parse(line);
    return Array.isArray(value) ? value.filter((entry) => typeof entry === "object" && entry !== null) : [];
  } catch {
    return [];
  }
}
