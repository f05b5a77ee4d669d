import { canonicalAddress, type Family, familyOf } from "../net/address.ts";
import type { HookEnvironment, HookReport } from "./dhcp-report.ts";
import { parseGatewayList } from "./gateway-list.ts";
import { isInterfaceName } from "./interface-name.ts";

/**
 * Reads what pppd gives its ip-up, ip-down, ipv6-up and ipv6-down scripts (pppd(8)): the words `interface tty speed local remote
 * ipparam`, and the same in the environment (IFNAME, IPLOCAL, IPREMOTE, LLLOCAL, LLREMOTE; Debian's ip-up adds PPP_IFACE,
 * PPP_LOCAL, PPP_REMOTE). Words count first. The tty may be an empty word. Down gives an empty list.
 */
export function pppReport(
  event: "up" | "down",
  family: Family,
  words: readonly string[],
  env: HookEnvironment,
  now: number,
): HookReport {
  const name = words[0] || env.IFNAME || env.PPP_IFACE || "";
  if (!isInterfaceName(name))
    return { anew: false, problems: [`interface name ${JSON.stringify(name.slice(0, 40))} is not valid`] };
  const base = { interface: name, family, source: "ppp-hook", at: now } as const;
  if (event === "down") return { report: { ...base, gateways: [] }, anew: false, problems: [] };
  const v6 = family === "ipv6";
  const local = words[3] || (v6 ? env.LLLOCAL : env.IPLOCAL) || env.PPP_LOCAL || "";
  const remote = words[4] || (v6 ? env.LLREMOTE : env.IPREMOTE) || env.PPP_REMOTE || "";
  const address = canonicalAddress(local);
  if (address === undefined || familyOf(address) !== family) {
    return {
      anew: false,
      problems: [`local address ${JSON.stringify(local.slice(0, 40))} of ${name} is not an ${v6 ? "IPv6" : "IPv4"} address`],
    };
  }
  const { gateways, refused } = parseGatewayList(remote);
  const ours = gateways.filter((gateway) => familyOf(gateway) === family);
  const wrong = [...refused, ...gateways.filter((gateway) => familyOf(gateway) !== family)];
  // A peer without a usable address is no obstacle: a point-to-point link needs no next hop.
  return {
    report: { ...base, gateways: ours, address },
    anew: true,
    problems: wrong.map((word) => `${word} cannot be the peer of ${name}`),
  };
}
