import type { Lookups } from "../config/lookups.ts";
import { familyName } from "../config/values/address.ts";
import { familyOf, parsePrefix, prefixHolds } from "../net/address.ts";
import type { Link } from "../uplink/facts.ts";
import { isRouters } from "./decide.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, protocolHasPorts, protocolWord } from "./protocol-words.ts";
import type { Word } from "./question-words.ts";

/** What this machine has: interfaces, names of services and protocols. */
export interface Here {
  readonly links: readonly Link[];
  readonly lookups: Lookups;
}

interface Ends {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly protocol: number | undefined;
  readonly inbound: string | undefined;
}

/** What cannot be together, one sentence each. */
export function contradictions(
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

/** By which interface it comes in; none for what the router makes. Adds to `problems` what cannot be. */
export function arrival(
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
