const alike = (uplink: string, first: number) =>
  Array.from({ length: 9 }, (_, i) => [
    `rule ${500 + i} destination address 10.${first + i}.0.0/16`,
    `rule ${500 + i} set uplink ${uplink}`,
  ]).flat();

const uplink = (name: string, ...lines: string[]) => lines.map((line) => `uplink ${name} ${line}`);

const port = (rule: number, protocol: string, ports: string, target: string) => [
  `rule ${rule} inbound-interface eth0`,
  `rule ${rule} protocol ${protocol}`,
  `rule ${rule} destination port ${ports}`,
  `rule ${rule} ${target}`,
];

const ONE = uplink("one", "interface eth1", "gateway 198.51.100.1", "gateway6 2001:db8:1::1");
const TWO = uplink("two", "interface eth2", "gateway 203.0.113.1", "gateway6 2001:db8:2::1");

/** Uplinks, a group, rules, sets, NAT, sysctls, exempt networks. */
export const A: readonly string[] = [
  ...ONE,
  ...uplink("one", "source-nat masquerade", "source-validation strict", "mark 1", "health target gateway"),
  ...TWO,
  "uplink two mark 2",
  ...uplink(
    "gone",
    "interface eth2",
    "gateway 203.0.113.9",
    "table 30",
    "source-nat masquerade",
    "source-rule disable",
    "track-inbound disable",
  ),
  ...uplink("lost", "interface eth3", "gateway 10.3.0.1"),
  "exempt destination 10.200.0.0/16",
  ...port(10, "tcp", "80,443", "set uplink one"),
  ...port(20, "tcp", "25", "set uplink two"),
  ...port(30, "udp", "53", "set uplink gone"),
  ...port(40, "udp", "5000", "set uplink lost"),
  "rule 50 traffic local",
  "rule 50 protocol udp",
  "rule 50 destination port 123",
  "rule 50 set uplink two",
  ...alike("one", 50),
  "group pool uplink one priority 10",
  "group pool uplink two priority 20",
  "group pool uplink lost priority 30",
  "group pool if-down prohibit",
  ...port(60, "tcp", "993", "set group pool"),
];

/** Of A: another gateway, table, mark, rule target and source NAT; an uplink more, one less; if-down main -> prohibit; other sets; a group with other members in another order. */
export const B: readonly string[] = [
  ...uplink("one", "interface eth1", "gateway 198.51.100.254", "gateway6 2001:db8:1::1", "if-down prohibit"),
  ...TWO,
  ...uplink("two", "table 77", "mark 9", "source-nat 203.0.113.2", "log-martians enable"),
  ...uplink(
    "fresh",
    "interface eth2",
    "gateway 203.0.113.5",
    "source-rule disable",
    "track-inbound disable",
    "if-down blackhole",
  ),
  ...uplink("lost", "interface eth3", "gateway 10.3.0.1", "if-down prohibit"),
  "exempt destination 10.201.0.0/16",
  ...port(10, "tcp", "80,443", "set uplink two"),
  ...port(20, "tcp", "25", "set uplink one"),
  ...port(30, "udp", "53", "set uplink fresh"),
  ...port(40, "udp", "5000", "set uplink lost"),
  ...alike("two", 60),
  "group pool uplink one priority 20",
  "group pool uplink fresh priority 10",
  "group pool if-down unreachable",
  ...port(60, "tcp", "993", "set group pool"),
  "group none if-down blackhole",
  ...port(70, "tcp", "995", "set group none"),
];

const swap = (leaf: string, one: number, two: number) => [
  ...ONE,
  `uplink one ${leaf} ${one}`,
  ...TWO,
  `uplink two ${leaf} ${two}`,
];
const steer = [...port(10, "tcp", "80", "set uplink one"), ...port(20, "tcp", "25", "set uplink two")];

export interface Transition {
  readonly name: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export const TRANSITIONS: readonly Transition[] = [
  { name: "nothing to A", from: [], to: A },
  { name: "A to B", from: A, to: B },
  { name: "B to nothing", from: B, to: [] },
];

/** Marks and tables that change hands between uplinks. */
export const EXCHANGES: readonly Transition[] = [
  {
    name: "two uplinks change marks with each other",
    from: [...swap("mark", 1, 2), ...steer],
    to: [...swap("mark", 2, 1), ...steer],
  },
  {
    name: "two uplinks change tables with each other",
    from: [...swap("table", 20, 30), ...steer],
    to: [...swap("table", 30, 20), ...steer],
  },
  {
    name: "an uplink goes and another takes its mark",
    from: [...ONE, "uplink one mark 5", "uplink one if-down prohibit", ...port(10, "tcp", "80", "set uplink one")],
    to: [...TWO, "uplink two mark 5", ...port(10, "tcp", "80", "set uplink two")],
  },
];

/** From one backend to the other, everything else changing with it. */
export const BACKENDS: readonly Transition[] = [
  { name: "iptables to nftables, A to B", from: ["backend iptables", ...A], to: ["backend nftables", ...B] },
  { name: "nftables to iptables, A to B", from: ["backend nftables", ...A], to: ["backend iptables", ...B] },
];
