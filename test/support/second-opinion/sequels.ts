import { decide } from "../../../src/explain/decide.ts";
import { type Known, opinionOf, replyExits } from "./opinion.ts";
import { type Came, endsOf, headersOf, lengthOf, TFTP_PORT, type Wanted } from "./packet-bytes.ts";
import { passesFilter } from "./path-filter.ts";
import { FORWARDS, GATEWAY_MACS, HOST_MACS, SECOND_END } from "./world.ts";

/** Ids of what follows on a packet: far from those of the packets themselves. */
const ANSWER = 1_000_000;
const CHILD = 2_000_000;
const AGAIN = 3_000_000;
const CHILD_ANSWER = 4_000_000;
/** The port from which a server of TFTP sends its data. */
const DATA_PORT = 30_000;

/** A packet as it came out of the router at a far end. */
export interface Delivered extends Came {
  readonly dev: string;
  /** The far end, and by which gateway of it. */
  readonly exit: string;
}

/** A packet that follows on others of its connection, and the far ends at which it may come out. */
export interface Sequel {
  readonly kind: "answer" | "error" | "again" | "child" | "answer to child";
  readonly first: Wanted;
  readonly sent: Wanted;
  readonly exits: readonly string[];
}

type Out = (id: number) => readonly Delivered[];

/** UDP that was passed on and came out once. */
function passed(packets: readonly Wanted[], out: Out): { first: Wanted; came: Delivered }[] {
  return packets.flatMap((first) => {
    const [came, ...more] = out(first.id);
    const plain = first.protocol === 17 && first.inbound !== undefined && first.fragmented !== true;
    return plain && came !== undefined && more.length === 0 ? [{ first, came }] : [];
  });
}

/**
 * What those reply who got a packet: data or, every other, an ICMP error about it. And a server that was asked by TFTP opens
 * the related connection for its data.
 */
export function replies(packets: readonly Wanted[], out: Out, known: Known): Sequel[] {
  return passed(packets, out).flatMap(({ first, came }) => {
    const { decision } = opinionOf(first, known);
    const answer = back(first, came, ANSWER);
    const to = decision.replies?.to === "uplink" ? { ...decision.replies } : undefined;
    const exits = passesFilter(answer, to, known) === false ? [] : replyExits(first, decision, known);
    const sequels: Sequel[] = [
      first.id % 2 === 0
        ? { kind: "answer", first, sent: answer, exits }
        : { kind: "error", first, sent: errorAbout(first, came), exits },
    ];
    // To a translated address the data would be another's, and from behind a table they go back there (docs/replies.md).
    const { target, aim = target } = decision;
    const returns = FORWARDS[first.source] === undefined && !(aim.to === "table" && aim.table !== "main");
    if (first.destinationPort !== TFTP_PORT || !returns) return sequels;
    const data = back(first, came, CHILD);
    const sent = { ...data, sourcePort: DATA_PORT + (first.id % 20_000), state: "related" as const };
    const own = { ...sent, length: lengthOf(sent) };
    const of = isMarked(first, known) ? exits : undefined;
    return [...sequels, { kind: "child", first, sent: own, exits: of ?? opinionOf(own, known).exits }];
  });
}

/** The next packet of each connection goes where the first one went; and the answers to TFTP's data. */
export function later(packets: readonly Wanted[], children: readonly Sequel[], out: Out, known: Known): Sequel[] {
  const again = passed(packets, out).map(
    ({ first, came }): Sequel => ({ kind: "again", first, sent: { ...first, id: first.id + AGAIN }, exits: [came.exit] }),
  );
  const answers = children.flatMap(({ first, sent }): Sequel[] => {
    const [came, ...more] = out(sent.id);
    const [master] = out(first.id);
    if (came === undefined || master === undefined || more.length > 0) return [];
    const exits = isMarked(first, known) ? [master.exit] : replyExits(sent, decide(sent, known), known);
    return [{ kind: "answer to child", first, sent: { ...back(sent, came, 0), id: first.id + CHILD_ANSWER }, exits }];
  });
  return [...again, ...answers];
}

/** Whether its connection is remembered as one that has been given a line: related ones follow it, others are asked about by themselves. */
function isMarked(packet: Wanted, known: Known): boolean {
  const { replies, target, aim = target } = opinionOf(packet, known).decision;
  return replies?.to === "uplink" || aim.to === "uplink" || aim.to === "group" || (aim.to === "table" && aim.table !== "main");
}

/** From where the packet came out to where it seemed to be from. */
function back(first: Wanted, came: Delivered, id: number): Wanted {
  const { source, destination, sourcePort, destinationPort } = endsOf(came.bytes);
  const near = came.dev === "p0" || came.dev === "p5";
  return {
    id: first.id + id,
    family: first.family,
    protocol: 17,
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
    inbound: came.dev.replace("p", "eth"),
    mac: near ? HOST_MACS[0] : GATEWAY_MACS[came.exit === SECOND_END ? 1 : 0],
    tos: 0,
    padding: 0,
    state: "new",
    ipsec: false,
    ...(first.at === undefined ? {} : { at: first.at }),
  };
}

/** Port unreachable, but for a code that the router itself never sends. */
function errorAbout(first: Wanted, came: Delivered): Wanted {
  const { sourcePort: _, destinationPort: __, ...rest } = back(first, came, ANSWER);
  const v4 = first.family === "ipv4";
  return { ...rest, protocol: v4 ? 1 : 58, icmpType: v4 ? 3 : 1, icmpCode: 101, about: headersOf(came.bytes) };
}
