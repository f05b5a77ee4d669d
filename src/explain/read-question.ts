import type { Lookups } from "../config/lookups.ts";
import { suggest } from "../config/suggest.ts";
import { familyName, parseMac } from "../config/values/address.ts";
import { ICMP_TYPES, ICMPV6_TYPES } from "../config/values/icmp.ts";
import { numberIn, parseDecimal } from "../config/values/number.ts";
import { parseTcpFlags } from "../config/values/packet.ts";
import { parseDscpMatch, parseTos } from "../config/values/traffic-class.ts";
import { parseUserMatch } from "../config/values/user.ts";
import { InvalidValue, type ParseValue, quote } from "../config/values/value.ts";
import { canonicalAddress, familyOf, parsePrefix, prefixHolds } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import { isRouters } from "./decide.ts";
import type { Packet } from "./packet.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, protocolHasPorts, protocolWord } from "./protocol-words.ts";

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
  "state",
] as const;
type Word = (typeof QUESTION_WORDS)[number];

/** A user or group is named; whoever asks has to look the id up. */
export interface Named {
  readonly user?: string;
  readonly userGroup?: string;
}

export interface Question {
  readonly packet: Packet;
  readonly named: Named;
  /** What was taken for granted because it was not given. */
  readonly assumed: readonly string[];
}

/** What this machine has: interfaces, names of services and protocols. */
export interface Here {
  readonly links: readonly Link[];
  readonly lookups: Lookups;
}

/** Reads the words of `explain`. `problems`: everything that is wrong with them, one sentence each; then there is no question. */
export function readQuestion(words: readonly string[], here: Here): { question?: Question; problems: string[] } {
  const { given, problems } = pairs(words);
  const values = new Values(given, problems);
  const address: ParseValue<string> = (text) => {
    const found = canonicalAddress(text);
    if (found === undefined) throw new InvalidValue(`${quote(text)} must be an address`);
    return found;
  };
  const source = values.get("source", address);
  const destination = values.get("destination", address);
  if (!given.has("source")) problems.push("source is missing: say where the packet is from");
  if (!given.has("destination")) problems.push("destination is missing: say where the packet goes");
  const inbound = values.get("inbound", (text) => knownInterface(text, here.links));
  const protocol = values.get("protocol", (text) => readProtocol(text, here.lookups));
  const [user, userGroup] = [values.get("user", readUser), values.get("user-group", readUser)];
  const dscp = values.get("dscp", (text) => parseDscpMatch(text.replace(/^!/, "! ")).value << 2);
  const facts = {
    sourcePort: values.get("source-port", (text) => readPort(text, here.lookups)),
    destinationPort: values.get("destination-port", (text) => readPort(text, here.lookups)),
    tos: values.get("tos", parseTos) ?? dscp,
    icmpType: values.get("icmp-type", (text) => readIcmpType(text, protocol)),
    icmpCode: values.get("icmp-code", numberIn(0, 255)),
    mac: values.get("mac-address", parseMac),
    tcpFlags: values.get("tcp-flags", (text) => parseTcpFlags(text).set),
    length: values.get("packet-length", numberIn(0, 65535)),
  };
  const state = values.get("state", readState) ?? "new";
  problems.push(...contradictions(given, { source, destination, protocol, inbound }, here));
  const way = arrival({ source, inbound, local: user !== undefined || userGroup !== undefined }, here, problems);
  if (problems.length > 0 || source === undefined || destination === undefined || way === undefined) return { problems };
  const syn = protocol === PROTOCOL_TCP && facts.tcpFlags === undefined && state === "new";
  const packet: Packet = {
    family: familyOf(source) ?? "ipv4",
    ...(way.inbound === undefined ? {} : { inbound: way.inbound }),
    source,
    destination,
    ...(protocol === undefined ? {} : { protocol }),
    ...defined(facts),
    ...(syn ? { tcpFlags: ["SYN"] as const } : {}),
    ...(typeof user === "number" ? { user } : {}),
    ...(typeof userGroup === "number" ? { userGroup } : {}),
    state,
  };
  const named = {
    ...(typeof user === "string" ? { user } : {}),
    ...(typeof userGroup === "string" ? { userGroup } : {}),
  };
  return { question: { packet, named, assumed: way.assumed }, problems };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function pairs(words: readonly string[]): { given: Map<Word, string>; problems: string[] } {
  const given = new Map<Word, string>();
  const problems: string[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const [text = "", value] = words.slice(i, i + 2);
    const word = QUESTION_WORDS.find((one) => one === text);
    if (word === undefined)
      problems.push(`${quote(text)} is not something that can be said of a packet${suggest(text, QUESTION_WORDS)}`);
    else if (value === undefined) problems.push(`${word} needs a value`);
    else if (given.has(word)) problems.push(`${word} is given twice`);
    else given.set(word, value);
  }
  return { given, problems };
}

/** Parses values, and collects what is wrong with them. */
class Values {
  constructor(
    private readonly given: ReadonlyMap<Word, string>,
    private readonly problems: string[],
  ) {}

  get<T>(word: Word, parse: ParseValue<T>): T | undefined {
    const text = this.given.get(word);
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      this.problems.push(`${word}: ${error.message}`);
      return undefined;
    }
  }
}

function knownInterface(text: string, links: readonly Link[]): string {
  const names = links.map(({ name }) => name);
  if (!names.includes(text)) throw new InvalidValue(`${quote(text)} is no interface of this router${suggest(text, names)}`);
  return text;
}

function readProtocol(text: string, lookups: Lookups): number {
  const number = parseDecimal(text) ?? lookups.protocol(text);
  if (number === undefined || number < 1 || number > 255)
    throw new InvalidValue(`${quote(text)} must be one protocol: a number 1-255 or a name from /etc/protocols`);
  return number;
}

function readPort(text: string, lookups: Lookups): number {
  const port = parseDecimal(text) ?? lookups.service(text);
  if (port === undefined || port < 1 || port > 65535)
    throw new InvalidValue(`${quote(text)} must be one port: 1-65535 or a name from /etc/services`);
  return port;
}

function readUser(text: string): number | string {
  const { negate, first, last, name } = parseUserMatch(text);
  if (negate || first !== last) throw new InvalidValue(`${quote(text)} must be one user's name or id`);
  return name ?? first ?? text;
}

function readIcmpType(text: string, protocol: number | undefined): number {
  const names = protocol === PROTOCOL_ICMPV6 ? ICMPV6_TYPES : ICMP_TYPES;
  const named = names.get(text);
  if (named === undefined && parseDecimal(text) === undefined)
    throw new InvalidValue(`${quote(text)} must be 0-255 or a name${suggest(text, names.keys())}`);
  return named ?? numberIn(0, 255)(text);
}

function readState(text: string): Packet["state"] {
  if (text === "new" || text === "related" || text === "invalid") return text;
  if (text === "established")
    throw new InvalidValue(
      "an established connection keeps its way; rules are asked about its first packet: new, related or invalid",
    );
  throw new InvalidValue(`${quote(text)} must be new, related or invalid`);
}

interface Ends {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly protocol: number | undefined;
  readonly inbound: string | undefined;
}

function contradictions(
  given: ReadonlyMap<Word, string>,
  { source, destination, protocol, inbound }: Ends,
  here: Here,
): string[] {
  const problems: string[] = [];
  const say = (condition: boolean, problem: string): void => {
    if (condition) problems.push(problem);
  };
  const [from, to] = [familyOf(source ?? ""), familyOf(destination ?? "")];
  if (from !== undefined && to !== undefined && from !== to)
    problems.push(`source ${source} is ${familyName(from)} but destination ${destination} is ${familyName(to)}`);
  const is = protocol === undefined ? "" : protocolWord(protocol);
  for (const word of ["source-port", "destination-port"] as const) {
    if (!given.has(word)) continue;
    say(!given.has("protocol"), `${word} needs a protocol with ports: add "protocol tcp" or "protocol udp"`);
    say(protocol !== undefined && !protocolHasPorts(protocol), `${word}: protocol ${is} has no ports`);
  }
  const icmp = protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6;
  for (const word of ["icmp-type", "icmp-code"] as const) say(given.has(word) && !icmp, `${word} needs protocol icmp or icmpv6`);
  say(given.has("tcp-flags") && protocol !== PROTOCOL_TCP, "tcp-flags needs protocol tcp");
  say(from === "ipv6" && protocol === PROTOCOL_ICMP, "IPv6 has no protocol icmp: use icmpv6");
  say(from === "ipv4" && protocol === PROTOCOL_ICMPV6, "IPv4 has no protocol icmpv6: use icmp");
  say(given.has("dscp") && given.has("tos"), "dscp is a part of tos: give one of them");
  if (inbound !== undefined) {
    for (const word of ["user", "user-group"] as const)
      say(given.has(word), `${word} and inbound exclude each other: what comes in by ${inbound} is of no program here`);
    say(
      source !== undefined && isRouters(source, here),
      `source ${source} is the router's own, and inbound says that it came in by ${inbound}`,
    );
  } else say(given.has("mac-address"), "mac-address needs inbound: what the router makes has no sender");
  return problems;
}

/** By which interface it comes in; none for what the router makes. */
function arrival(
  { source, inbound, local }: { source: string | undefined; inbound: string | undefined; local: boolean },
  { links }: Here,
  problems: string[],
): { readonly inbound?: string; readonly assumed: readonly string[] } | undefined {
  if (source === undefined) return undefined;
  if (inbound !== undefined) return { inbound, assumed: [] };
  const own = isRouters(source, { links });
  if (local && !own) {
    problems.push(`source ${source} is not an address of this router, so no user of it sends from there`);
    return undefined;
  }
  if (own) return { assumed: local ? [] : [`${source} is the router's own: it makes the packet itself`] };
  const near = links.find((link) =>
    link.addresses.some((one) => {
      const network = parsePrefix(`${one.peer ?? one.address}/${one.length}`);
      return one.scope !== "link" && network !== undefined && prefixHolds(network, source);
    }),
  );
  if (near !== undefined) return { inbound: near.name, assumed: [`it comes in by ${near.name}, whose network has ${source}`] };
  problems.push(
    `no interface has a network with ${source}: say by which it comes in, "inbound ${links.find((one) => !one.loopback)?.name ?? "eth0"}"`,
  );
  return undefined;
}
