export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMPV6 = 58;

/** TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS: readonly number[] = [PROTOCOL_TCP, PROTOCOL_UDP, 33, 132, 136];

/** IANA's names of protocols that people speak of; others are told by their number. */
const NAMES: Readonly<Record<number, string>> = {
  1: "icmp",
  2: "igmp",
  4: "ipip",
  6: "tcp",
  17: "udp",
  33: "dccp",
  41: "ipv6",
  47: "gre",
  50: "esp",
  51: "ah",
  58: "icmpv6",
  89: "ospf",
  103: "pim",
  112: "vrrp",
  132: "sctp",
  136: "udplite",
};

/** `tcp`, `99`. */
export function protocolWord(protocol: number): string {
  return NAMES[protocol] ?? String(protocol);
}

export function protocolHasPorts(protocol: number): boolean {
  return WITH_PORTS.includes(protocol);
}
