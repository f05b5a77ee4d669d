import { expect, it } from "vitest";
import { parseConntrack } from "../../../src/kernel/parse-conntrack.ts";

/** As conntrack-tools 1.4.7 and Linux 6.1 print them. */
const TEXT = `ipv4     2 tcp      6 431999 ESTABLISHED src=192.168.1.7 dst=203.0.113.9 sport=40000 dport=443 packets=7 bytes=900 src=203.0.113.9 dst=198.51.100.2 sport=443 dport=40000 packets=5 bytes=7000 [ASSURED] mark=5242880 use=1
ipv4     2 udp      17 29 src=198.51.100.2 dst=192.0.2.9 sport=5001 dport=4000 [UNREPLIED] src=192.0.2.9 dst=198.51.100.2 sport=4000 dport=5001 mark=20971521 zone=0 use=2
ipv6     10 icmpv6   58 12 src=2001:db8::1 dst=2001:db8::2 type=128 code=0 id=7 src=2001:db8::2 dst=2001:db8::1 type=129 code=0 id=7 mark=1048576 use=1
ipv4     2 tcp      6 src=192.168.1.7 dst=203.0.113.9 sport=1 dport=2 src=203.0.113.9 dst=192.168.1.7 sport=2 dport=1 [OFFLOAD] mark=1048576 use=2
ipv4     2 unknown  47 599 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 mark=0 use=1
conntrack v1.4.7 (conntrack-tools): 5 flow entries have been shown.
`;

it("reads both ends, source NAT, and what is not there", () => {
  const read = parseConntrack(TEXT, (mark) => mark !== 0);
  expect(read).toEqual([
    {
      family: "ipv4",
      protocol: "tcp",
      state: "ESTABLISHED",
      unreplied: false,
      source: { address: "192.168.1.7", port: 40000 },
      destination: { address: "203.0.113.9", port: 443 },
      translatedTo: "198.51.100.2",
      expires: 431999,
      mark: 5242880,
    },
    {
      family: "ipv4",
      protocol: "udp",
      unreplied: true,
      source: { address: "198.51.100.2", port: 5001 },
      destination: { address: "192.0.2.9", port: 4000 },
      expires: 29,
      mark: 20971521,
    },
    {
      family: "ipv6",
      protocol: "icmpv6",
      unreplied: false,
      source: { address: "2001:db8::1" },
      destination: { address: "2001:db8::2" },
      expires: 12,
      mark: 1048576,
    },
    expect.objectContaining({ protocol: "tcp", source: { address: "192.168.1.7", port: 1 } }),
  ]);
  expect(read[3]).not.toHaveProperty("expires");
  expect(parseConntrack(TEXT, () => true)).toHaveLength(5);
});
