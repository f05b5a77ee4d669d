import type { ForeignRule, MarkWrite } from "../net/foreign-marks.ts";
import type { Rival } from "./facts.ts";

/** What a line of the router's configuration stands for in the kernel. */
export interface Configured {
  readonly table?: number;
  readonly preference?: number;
  readonly write?: MarkWrite;
}

/**
 * Somebody else who uses marks, ip rule preferences or routing tables, and how he is told: by his node of the router's
 * configuration, by his chains, by his ip rules, by the marks he writes.
 */
export interface MarkUser {
  readonly name: string;
  /**
   * Paths of the router's configuration, `*` for the name of an entry, and what they stand for, given the words at the `*`.
   * Numbers that are none (`table main`) are NaN and say nothing.
   */
  readonly configured?: readonly {
    readonly path: string;
    readonly stands: (names: readonly string[]) => readonly Configured[];
  }[];
  /** Chains of iptables, `mangle WANLOADBALANCE_PRE`. */
  readonly chains?: RegExp;
  /** Tables of nft, `ip vyos_mangle`. */
  readonly nftTables?: RegExp;
  readonly isRule?: (rule: ForeignRule) => boolean;
  /** Whether he chose the preference of a rule of his. Else the kernel did, and it says nothing. Absent: always. */
  readonly choosesPreference?: (rule: ForeignRule) => boolean;
  readonly isWrite?: (write: MarkWrite) => boolean;
  /** He sits in the prerouting hook where an iptables jump cannot be sure of its place. `running`: said when that is seen. */
  readonly rival?: { readonly kind: Rival["kind"]; readonly running: string; readonly configured?: string };
}

export const ALL_BITS = 0xffffffff;

/** The marks of both generations of `policy route`: 0x7fffffff - table (VyOS 1.3 and later), 0x7fffffff + table (before). */
const policyMarks = (table: number): readonly number[] => [0x7fffffff - table, (0x7fffffff + table) >>> 0];

const hasMark = ({ fwmark }: ForeignRule, value: number, mask: number): boolean =>
  fwmark?.value === value && fwmark.mask === mask;

const within = (number: number | undefined, first: number, last: number): boolean =>
  number !== undefined && number >= first && number <= last;

const writesAll = (value: string, of: MarkWrite["of"] = "packet"): Configured[] => [
  { write: { of, mask: ALL_BITS, value: Number(value) } },
];

const policyRoute = ([, , table = ""]: readonly string[]): Configured[] =>
  policyMarks(Number(table)).map((value) => ({
    table: Number(table),
    preference: Number(table),
    write: { of: "packet", mask: ALL_BITS, value },
  }));

const localRoute = ([rule = "", table = ""]: readonly string[]): Configured[] => [
  { table: Number(table), preference: Number(rule) },
];

/**
 * Every user of marks that is known. Sources: platform/wan-load-balancing.md section 4; the numbers there are from the programs
 * themselves. An entry earlier in the list is asked first.
 */
export const MARK_USERS: readonly MarkUser[] = [
  {
    // Marks 0xc8 + n, all bits, tables 201 + n; preferences wherever the kernel puts them, newest: 201 + n, 301 + n.
    name: "WAN load balancing",
    configured: [{ path: "load-balancing wan", stands: () => [] }],
    chains: /^mangle WANLOADBALANCE/,
    nftTables: /^ip vyos_wanloadbalance$/,
    isRule: (rule) => within(rule.table, 201, 252) && hasMark(rule, rule.table ?? 0, ALL_BITS),
    choosesPreference: ({ preference, table }) => preference === table || preference - 100 === table,
    isWrite: ({ value, mask }) => mask === ALL_BITS && within(value, 0xc9, 0xfc),
    rival: { kind: "wan-load-balancing", running: "WAN load balancing runs", configured: "WAN load balancing is configured" },
  },
  {
    name: "policy route",
    configured: ["route", "route6", "ipv6-route"].map((kind) => ({
      path: `policy ${kind} * rule * set table *`,
      stands: policyRoute,
    })),
    chains: /^mangle VYATTA_PBR/,
    nftTables: /^ip6? vyos_mangle$/,
    isRule: ({ fwmark, table }) => table !== undefined && fwmark?.mask === ALL_BITS && policyMarks(table).includes(fwmark.value),
    isWrite: ({ value, mask }) => mask === ALL_BITS && within(value, 0x7fffffff - 250, 0x7fffffff + 250),
    rival: { kind: "policy-route", running: "policy route is at work" },
  },
  {
    name: "policy local-route",
    configured: ["local-route", "local-route6"].map((kind) => ({
      path: `policy ${kind} rule * set table *`,
      stands: localRoute,
    })),
  },
  {
    // l3mdev; a VRF's packets that no table knows end at 2000 (VyOS).
    name: "VRF",
    configured: [
      {
        path: "vrf name * table *",
        stands: ([, table = ""]) => [{ table: Number(table), preference: 1000 }, { preference: 2000 }],
      },
    ],
    isRule: ({ l3mdev }) => l3mdev,
  },
  {
    name: "firewall",
    configured: [
      { path: "policy route * rule * set mark *", stands: ([, , mark = ""]) => writesAll(mark) },
      { path: "policy route6 * rule * set mark *", stands: ([, , mark = ""]) => writesAll(mark) },
      { path: "policy route * rule * set connection-mark *", stands: ([, , mark = ""]) => writesAll(mark, "connection") },
      { path: "policy route6 * rule * set connection-mark *", stands: ([, , mark = ""]) => writesAll(mark, "connection") },
      { path: "firewall modify * rule * modify mark *", stands: ([, , mark = ""]) => writesAll(mark) },
      { path: "firewall * prerouting raw rule * set mark *", stands: ([, , mark = ""]) => writesAll(mark) },
      {
        path: "firewall * prerouting raw rule * set connection-mark *",
        stands: ([, , mark = ""]) => writesAll(mark, "connection"),
      },
    ],
  },
  {
    // In nft, priority -450, exactly this value.
    name: "VyOS fragment mark",
    isWrite: ({ value }) => value === 0xffff1,
  },
  {
    // 0x90000000 and the 2048 after it.
    name: "VTI",
    configured: [{ path: "interfaces vti *", stands: () => writesAll("0x90000000") }],
    isWrite: ({ value, mask }) => mask === ALL_BITS && within(value, 0x90000000, 0x90000000 + 2048),
  },
  {
    // Its own packets are marked by the socket (SO_MARK). wg-quick: mark and table 51820, preferences the kernel's.
    name: "WireGuard",
    configured: [{ path: "interfaces wireguard * fwmark *", stands: ([, mark = ""]) => writesAll(mark) }],
    nftTables: /^ip6? wg-quick-/,
    isRule: (rule) => rule.table === 51820 && hasMark(rule, 0xca6c, ALL_BITS),
    choosesPreference: () => false,
    isWrite: ({ only }) => only?.value === 0xca6c && only.mask === ALL_BITS,
  },
  {
    name: "Tailscale",
    chains: /^\w+ ts-/,
    isRule: ({ preference, fwmark, table }) => within(preference, 5210, 5270) && (fwmark?.mask === 0xff0000 || table === 52),
    isWrite: ({ mask }) => mask === 0xff0000,
  },
  {
    name: "Calico",
    chains: /^\w+ cali-/,
    isRule: ({ preference, table }) => preference === 99 && within(table, 1, 250),
  },
  {
    name: "Kubernetes",
    chains: /^\w+ KUBE-/,
    isWrite: ({ mask }) => mask === 0x4000 || mask === 0x8000,
  },
  {
    name: "Cilium",
    chains: /^\w+ CILIUM_/,
    isRule: ({ fwmark, table }) => within(table, 2004, 2005) && fwmark?.mask === 0xf00,
  },
  {
    name: "mwan3",
    chains: /^mangle mwan3_/,
    isRule: ({ preference, fwmark }) => within(preference, 1000, 3999) && fwmark?.mask === 0x3f00,
  },
  {
    name: "pbr",
    chains: /^mangle pbr_/i,
    isRule: ({ preference, fwmark }) => within(preference, 29000, 30000) && fwmark?.mask === 0xff0000,
  },
  {
    name: "strongSwan",
    configured: [{ path: "vpn ipsec", stands: () => [{ table: 220, preference: 220 }] }],
    isRule: ({ preference, table }) => preference === 220 && table === 220,
  },
];
