import fc from "fast-check";
import { expect, it } from "vitest";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Config, Rule } from "../../../src/config/schema.ts";
import { addressToBigInt, parsePrefix, prefixHolds } from "../../../src/net/address.ts";
import { imported } from "./read.ts";

/**
 * Scripts at random, and packets: where iptables and ip rule, as their manuals say, send the first packet of a connection, and where
 * the imported rules do. Shares nothing with the import but the text.
 */
interface Packet {
  readonly chain: "PREROUTING" | "OUTPUT";
  readonly iif: string;
  readonly protocol: string;
  readonly port: number;
  readonly source: string;
  readonly destination: string;
}

const VALUES = {
  iif: ["eth0", "eth3"],
  protocol: ["tcp", "udp"],
  port: [22, 80, 443],
  source: ["10.0.0.5", "10.0.1.5"],
  destination: ["203.0.113.5", "192.0.2.77"],
} as const;

/** A condition as it is written, and what it means. */
interface Part {
  readonly text: string;
  readonly holds: (packet: Packet, mark: number, connection: number) => boolean;
}

const part = (text: string, holds: Part["holds"]): Part => ({ text, holds });
const negatable = (option: string, value: string, holds: (packet: Packet) => boolean) =>
  fc.boolean().map((not) => part(`${not ? "! " : ""}${option} ${value}`, (packet) => holds(packet) !== not));

const interfacePart = fc.constantFrom(...VALUES.iif).chain((name) => negatable("-i", name, ({ iif }) => iif === name));
const protocolPart = fc.constantFrom(
  part("", () => true),
  part("-p tcp", ({ protocol }) => protocol === "tcp"),
  part("-p udp", ({ protocol }) => protocol === "udp"),
  part("-p tcp --dport 80", ({ protocol, port }) => protocol === "tcp" && port === 80),
  part("-p tcp -m multiport --dports 22,400:500", ({ protocol, port }) => protocol === "tcp" && (port === 22 || port === 443)),
  part("-p udp ! --dport 443", ({ protocol, port }) => protocol === "udp" && port !== 443),
);
const sourcePart = fc
  .constantFrom("10.0.0.0/24", "10.0.0.0/16", "10.0.1.5")
  .chain((network) => negatable("-s", network, ({ source }) => inNetwork(network, source)));
const destinationPart = fc
  .constantFrom("203.0.113.0/24", "192.0.2.77")
  .chain((network) => negatable("-d", network, ({ destination }) => inNetwork(network, destination)));
const markPart = fc
  .record({
    value: fc.constantFrom(0, 1, 2),
    mask: fc.constantFrom(0xff, 0x1),
    not: fc.boolean(),
    own: fc.constantFrom("mark", "connmark"),
  })
  .map(({ value, mask, not, own }) =>
    part(
      `-m ${own} ${not ? "! " : ""}--mark ${value & mask}/${mask}`,
      (_, mark, connection) => (((own === "mark" ? mark : connection) & mask) === (value & mask)) !== not,
    ),
  );

function inNetwork(network: string, address: string): boolean {
  const prefix = parsePrefix(network);
  return prefix !== undefined && prefixHolds(prefix, address);
}

type Target = readonly [
  text: string,
  effect: (mark: number, connection: number) => readonly [number, number] | "accept" | "drop" | "return",
];

const target: fc.Arbitrary<Target> = fc.constantFrom<Target[]>(
  ...[1, 2, 3].map((mark): Target => [`MARK --set-mark ${mark}`, (_, connection) => [mark, connection]]),
  ["MARK --set-xmark 0x1/0x1", (mark, connection) => [(mark & ~1) ^ 1, connection]],
  ["MARK --or-mark 0x2", (mark, connection) => [mark | 2, connection]],
  ["MARK --and-mark 0x1", (mark, connection) => [mark & 1, connection]],
  ["CONNMARK --save-mark", (mark) => [mark, mark]],
  ["CONNMARK --restore-mark", (_, connection) => [connection, connection]],
  ["CONNMARK --set-mark 2", (mark) => [mark, 2]],
  ["ACCEPT", () => "accept"],
  ["ACCEPT", () => "accept"],
  ["DROP", () => "drop"],
  ["RETURN", () => "return"],
) as never;

interface ChainLine {
  readonly parts: readonly Part[];
  readonly target: Target | readonly ChainLine[];
}

const lineOf = (chain: Packet["chain"], deep: boolean): fc.Arbitrary<ChainLine> =>
  fc.record({
    parts: fc
      .tuple(
        protocolPart,
        fc.option(sourcePart, { freq: 2 }),
        fc.option(destinationPart, { freq: 3 }),
        chain === "PREROUTING" ? fc.option(interfacePart, { freq: 2 }) : fc.constant(null),
        fc.option(markPart, { freq: 3 }),
      )
      .map((parts) => parts.filter((one) => one !== null)),
    target: deep
      ? fc.oneof({ weight: 5, arbitrary: target }, { weight: 1, arbitrary: fc.array(lineOf(chain, false), { maxLength: 3 }) })
      : target,
  });

/** ip rules: text after `ip rule add pref N`, and whom they take to which table. */
const ipRule = fc
  .record({
    from: fc.option(fc.constantFrom("10.0.1.0/24", "10.0.0.5"), { freq: 3 }),
    mark: fc.option(fc.constantFrom(1, 2, 3), { freq: 1, nil: undefined }),
    mask: fc.constantFrom(0xff, 0x1),
    table: fc.constantFrom("21", "22", "23", "main"),
  })
  .map(({ from, mark, mask, table }) => ({
    text: `${from === null ? "" : `from ${from} `}${mark === undefined ? "" : `fwmark ${mark & mask}/${mask} `}table ${table}`,
    table,
    takes: (packet: Packet, own: number) =>
      (from === null || inNetwork(from, packet.source)) && (mark === undefined || (own & mask) === (mark & mask)),
    isSaid: from !== null || mark !== undefined,
  }))
  .filter(({ isSaid }) => isSaid);

type Script = {
  readonly chains: Record<Packet["chain"], readonly ChainLine[]>;
  readonly rules: readonly (typeof ipRule extends fc.Arbitrary<infer T> ? T : never)[];
};

const script: fc.Arbitrary<Script> = fc.record({
  chains: fc.record({
    PREROUTING: fc.array(lineOf("PREROUTING", true), { maxLength: 6 }),
    OUTPUT: fc.array(lineOf("OUTPUT", true), { maxLength: 3 }),
  }),
  rules: fc.array(ipRule, { minLength: 1, maxLength: 4 }),
});

/** The way of a packet as the manuals have it. */
function kernelWay({ chains, rules }: Script, packet: Packet): string {
  let [mark, connection] = [0, 0];
  const walk = (lines: readonly ChainLine[]): "accept" | "drop" | undefined => {
    for (const { parts, target: to } of lines) {
      if (!parts.every((one) => one.holds(packet, mark, connection))) continue;
      const verdict = typeof to[1] === "function" ? (to as Target)[1](mark, connection) : walk(to as readonly ChainLine[]);
      if (verdict === "accept" || verdict === "drop") return verdict;
      if (verdict === "return") return undefined;
      if (verdict !== undefined) [mark, connection] = verdict;
    }
    return undefined;
  };
  if (walk(chains[packet.chain]) === "drop") return "drop";
  return rules.find((rule) => rule.takes(packet, mark))?.table ?? "main";
}

function textOf({ chains, rules }: Script): string {
  const lines = ["21 eth1", "22 eth2", "23 wwan0"].map(
    (table, i) => `ip route add default via 10.9${i}.0.1 dev ${table.slice(3)} table ${table.slice(0, 2)}`,
  );
  lines.push(...rules.map(({ text }, i) => `ip rule add pref ${100 + i} ${text}`));
  let count = 0;
  const write = (chain: string, own: readonly ChainLine[]): void => {
    for (const { parts, target: to } of own) {
      const called = `C${count++}`;
      const name = typeof to[1] === "function" ? (to as Target)[0] : called;
      lines.push(`iptables -t mangle -A ${chain} ${parts.map(({ text }) => text).join(" ")} -j ${name}`);
      if (name === called) write(called, to as readonly ChainLine[]);
    }
  };
  write("PREROUTING", chains.PREROUTING);
  write("OUTPUT", chains.OUTPUT);
  return lines.join("\n");
}

const NUMBERS: Readonly<Record<string, number>> = { tcp: 6, udp: 17 };
const TABLES: Readonly<Record<string, string>> = { eth1: "21", eth2: "22", wwan0: "23" };

/** The way of a packet as the language of policy-route has it: exempt networks, then the first rule that matches. */
function ourWay(config: Config, packet: Packet): string {
  if (config.exempt.destination.some((network) => prefixHolds(network, packet.destination))) return "main";
  if (config.exempt.source.some((network) => prefixHolds(network, packet.source))) return "main";
  const traffic = packet.chain === "OUTPUT" ? "local" : "forwarded";
  const rule = Object.entries(config.rule)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, one]) => one)
    .find((one) => (one.traffic === traffic || one.traffic === "all") && matches(one, packet));
  if (rule?.action === "drop") return "drop";
  if (rule?.set.table !== undefined) return rule.set.table;
  return TABLES[rule?.set.uplink ?? ""] ?? "main";
}

function matches(rule: Rule, packet: Packet): boolean {
  const any = <T extends { readonly negate: boolean }>(list: readonly T[], is: (one: T) => boolean): boolean =>
    (list.every(({ negate }) => negate) || list.some((one) => !one.negate && is(one))) &&
    !list.some((one) => one.negate && is(one));
  const holds = (address: string) => (one: { readonly first: string; readonly last: string }) =>
    addressToBigInt(one.first) <= addressToBigInt(address) && addressToBigInt(address) <= addressToBigInt(one.last);
  const { port } = rule.destination;
  return (
    rule.family !== "ipv6" &&
    any(rule["inbound-interface"], ({ name }) => name === packet.iif) &&
    any(rule.source.address, holds(packet.source)) &&
    any(rule.destination.address, holds(packet.destination)) &&
    (rule.protocol === undefined ||
      (rule.protocol.value === "tcp_udp" || rule.protocol.value === NUMBERS[packet.protocol]) !== rule.protocol.negate) &&
    (port === undefined || port.ranges.some(({ first, last }) => first <= packet.port && packet.port <= last) !== port.negate)
  );
}

const PACKETS: readonly Packet[] = (["PREROUTING", "OUTPUT"] as const).flatMap((chain) =>
  (chain === "OUTPUT" ? ["lo"] : VALUES.iif).flatMap((iif) =>
    VALUES.protocol.flatMap((protocol) =>
      VALUES.port.flatMap((port) =>
        VALUES.source.flatMap((source) =>
          VALUES.destination.map((destination) => ({ chain, iif, protocol, port, source, destination })),
        ),
      ),
    ),
  ),
);

it("packets go the way they went, where nothing is said to be left out", { timeout: 120_000 }, () => {
  let compared = 0;
  const property = fc.property(script, (one) => {
    const text = textOf(one);
    const { commands, left } = imported(text);
    if (left.some((line) => /cannot say both|depend on each other|TOO WIDE/.test(line))) return;
    const tree = parseSetCommands(commands.join("\n")).children.get("policy-route") ?? EMPTY_TREE;
    const config = parseConfig(tree, BUILT_IN_LOOKUPS);
    for (const packet of PACKETS) {
      const [ours, kernels] = [ourWay(config, packet), kernelWay(one, packet)];
      if (ours !== kernels)
        throw new Error(`${JSON.stringify(packet)}: went ${kernels}, goes ${ours}\n${text}\n${commands.join("\n")}`);
    }
    compared++;
  });
  fc.assert(property, { numRuns: Number(process.env["RUNS"] ?? 200), seed: Number(process.env["SEED"] ?? 42) });
  // Most can be said in full.
  expect(compared).toBeGreaterThan(Number(process.env["RUNS"] ?? 200) / 2);
});
