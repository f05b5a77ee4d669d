import { parseClasslessRoutes } from "./classless-routes.ts";
import { parseGatewayList } from "./gateway-list.ts";

/** The gateways of a DHCPv4 lease, and what in it was refused. */
export interface DhcpGateways {
  readonly gateways: readonly string[];
  readonly problems: readonly string[];
}

/**
 * The default gateways a lease names. With option 121 the router option (3) does not count, not even when option 121 holds no
 * default (RFC 3442); an option 121 that cannot be read is refused and option 3 counts again.
 */
export function dhcpGateways(routers: string | undefined, classless: string | undefined): DhcpGateways {
  const problems: string[] = [];
  let named = routers ?? "";
  if (classless !== undefined && classless.trim() !== "") {
    const routes = parseClasslessRoutes(classless);
    if (routes === undefined)
      problems.push(`classless static routes (option 121) are malformed: ${JSON.stringify(classless.slice(0, 80))}`);
    else
      named = routes
        .filter((route) => route.destination.length === 0 && route.gateway !== "0.0.0.0")
        .map((route) => route.gateway)
        .join(" ");
  }
  const { gateways, refused } = parseGatewayList(named);
  const ipv4 = gateways.filter((gateway) => !gateway.includes(":"));
  for (const word of [...refused, ...gateways.filter((gateway) => gateway.includes(":"))])
    problems.push(`${word} cannot be a gateway`);
  return { gateways: ipv4, problems };
}
