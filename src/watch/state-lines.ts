import type { Shown } from "../show/model.ts";
import { gatewayWords, waysWords } from "../show/words.ts";

/** How uplinks and groups are, a line each: `dsl is up: eth1, 198.51.100.1 (dhcp)`, `group web: dsl`. */
export function stateLines({ uplinks = [], groups = [] }: Shown): string[] {
  return [
    ...uplinks.map((uplink) => {
      const gateways = [gatewayWords(uplink.ipv4, "ipv4"), gatewayWords(uplink.ipv6, "ipv6")].filter(
        (words) => words !== undefined,
      );
      const way = [uplink.interface ?? "no interface", ...new Set(gateways)].join(", ");
      return `${uplink.name} is ${uplink.state}: ${uplink.state === "up" ? way : (uplink.why ?? "")}`;
    }),
    ...groups.map(
      (group) => `group ${group.name}: ${group.state === "disabled" ? "disabled" : waysWords(group.now).replaceAll("\n", ", ")}`,
    ),
  ];
}
