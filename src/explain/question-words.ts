/** What can be said of a packet, each word followed by its value. */
export const QUESTION_WORDS = [
  "source",
  "destination",
  "protocol",
  "source-port",
  "destination-port",
  "inbound",
  "user",
  "user-group",
  "dscp",
  "tos",
  "icmp-type",
  "icmp-code",
  "mac-address",
  "tcp-flags",
  "packet-length",
  "ipsec",
  "time",
  "state",
] as const;
export type Word = (typeof QUESTION_WORDS)[number];
