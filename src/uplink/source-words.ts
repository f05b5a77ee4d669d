import type { Family } from "../net/address.ts";
import type { GatewaySource } from "./facts.ts";

const WORDS: Readonly<Record<GatewaySource, string>> = {
  config: "config",
  "dhcp-hook": "dhcp",
  "ppp-hook": "ppp",
  "lease-file": "lease file",
  "router-cli": "router CLI",
  kernel: "kernel",
};

/** Where a gateway was learnt, as the operator calls it. The kernel learns IPv6 gateways from router advertisements. */
export function sourceWords(source: GatewaySource, family: Family): string {
  return source === "kernel" && family === "ipv6" ? "ra" : WORDS[source];
}
