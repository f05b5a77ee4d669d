import type { Lookups } from "../config/lookups.ts";
import { suggest } from "../config/suggest.ts";
import { parseMac } from "../config/values/address.ts";
import { ICMP_TYPES, ICMPV6_TYPES } from "../config/values/icmp.ts";
import { numberIn, parseDecimal } from "../config/values/number.ts";
import { parseTcpFlags } from "../config/values/packet.ts";
import { parseMoment } from "../config/values/time.ts";
import { parseDscpMatch, parseTos } from "../config/values/traffic-class.ts";
import { parseUserMatch } from "../config/values/user.ts";
import { InvalidValue, oneOf, type ParseValue, quote } from "../config/values/value.ts";
import { canonicalAddress, familyOf } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import { arrival, contradictions, type Here } from "./check-question.ts";
import type { Packet } from "./packet.ts";
import { PROTOCOL_ICMPV6, PROTOCOL_TCP } from "./protocol-words.ts";
import { QUESTION_WORDS, type Word } from "./question-words.ts";

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

export interface Reading {
  readonly question?: Question;
  /** Everything that is wrong with the words, one sentence each; then there is no question. */
  readonly problems: readonly string[];
  /** It is the words themselves that are wrong or missing, not a value. */
  readonly unclear: boolean;
}

/** Reads the words of `explain`, in any order. */
export function readQuestion(words: readonly string[], here: Here): Reading {
  const { given, problems } = pairs(words);
  const unclear = problems.length > 0 || !given.has("source") || !given.has("destination");
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
    at: values.get("time", parseMoment)?.at,
    ipsec: values.get("ipsec", (text) => oneOf("yes", "no")(text) === "yes"),
  };
  const state = values.get("state", readState) ?? "new";
  problems.push(...contradictions(given, { source, destination, protocol, inbound }, here));
  const way = arrival({ source, inbound, local: user !== undefined || userGroup !== undefined }, here, problems);
  if (problems.length > 0 || source === undefined || destination === undefined || way === undefined) return { problems, unclear };
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
  return { question: { packet, named, assumed: way.assumed }, problems, unclear };
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
