import type { Match, Rule } from "../kernel/rule.ts";
import { arrival, butForUntracked, tracksInbound, waysIn } from "./arrival-rules.ts";
import {
  ACCEPT,
  CHAINS,
  type ChainInput,
  CONFIRMED,
  connmark,
  FIRST_PACKET,
  fwmark,
  hasSlot,
  jump,
  NO_CONNMARK,
  RETURN,
  SOME_CONNMARK,
  written,
} from "./chain-parts.ts";
import { arrivalMark, slotMark } from "./mark-field.ts";
import type { UplinkTarget } from "./targets.ts";

/**
 * Once per connection the rules are asked; every later packet goes by what the connection remembers, whatever the number of
 * rules.
 */
export function preRules(input: ChainInput): Rule[] {
  const { field, strict, inbound } = input;
  const note = ({ name }: UplinkTarget): string => `uplink ${name}`;
  const marked = waysIn(input, false).filter(({ target }) => strict.includes(target));
  const tracked = waysIn(input, input.labels).filter(({ target }) => tracksInbound(target));
  return [
    ...marked.map(
      ({ target, from }): Rule => ({
        matches: from,
        action: { action: "set-mark", mark: written(input, arrivalMark(field, target.slot)) },
        note: note(target),
      }),
    ),
    // Nobody has given this connection a slot yet: it has its master's (FTP data), and with it where it belongs.
    { matches: [hasSlot(field), ...FIRST_PACKET], action: jump(CHAINS.related) },
    // What a rule decides is not noted besides: labels cannot be taken back.
    ...(inbound.chains.length === 0 ? [] : [{ matches: FIRST_PACKET, action: jump(CHAINS.inbound) }]),
    ...tracked.map(
      ({ target, from }): Rule => ({
        matches: [...from, ...butForUntracked(input, target), ...FIRST_PACKET],
        action: arrival(input, target.slot),
        note: note(target),
      }),
    ),
    ...remembered(input),
    ...firstPacket(input, CHAINS.forwarded),
  ];
}

/** The same for the router's own packets. */
export function outRules(input: ChainInput): Rule[] {
  const { field } = input;
  return [
    { matches: [{ match: "out-interface", name: "lo", negate: false }], action: RETURN },
    // Marked by its program (SO_MARK: a prober, a tunnel): it knows what it wants.
    { matches: [fwmark({ value: 0, mask: field.slotMask }, true)], action: ACCEPT },
    { matches: [hasSlot(field), ...FIRST_PACKET], action: jump(CHAINS.relatedOut) },
    ...remembered(input),
    ...firstPacket(input, CHAINS.local),
  ];
}

/** What a connection has remembered since its first packet. */
function remembered({ field, labels }: ChainInput): Rule[] {
  const keep: Rule = { matches: [hasSlot(field)], action: jump(CHAINS.keep) };
  // Whoever took our mark away left his own: where nobody else marks connections, nothing is ever looked for.
  return labels ? [keep, { matches: [SOME_CONNMARK, CONFIRMED], action: { action: "goto", chain: CHAINS.recover } }] : [keep];
}

/**
 * Without labels nothing tells of a slot that somebody's mark has taken: the rules are asked again with each packet of such a connection
 * until there is an answer, which is as long as WAN load balancing takes it for new. It has nothing to lose.
 */
function firstPacket({ labels }: ChainInput, rules: string): Rule[] {
  const answered: Match = { match: "state", states: ["established", "related"] };
  const known: Rule[] = labels
    ? [{ matches: [CONFIRMED], action: RETURN }]
    : [
        { matches: [CONFIRMED, NO_CONNMARK], action: RETURN },
        { matches: [CONFIRMED, answered], action: RETURN },
      ];
  return [
    ...known,
    // Traffic to the router itself is never steered, even where `lookup local` sits behind our ip rules (VRF).
    { matches: [{ match: "local-address", side: "destination" }], action: RETURN },
    { matches: [], action: jump(rules) },
  ];
}

/** Tracks what others untrack. A zone of our choosing would take packets out of the zone of their VRF. */
export function trackRules({ vrfInterfaces }: ChainInput, match: "in-interface" | "out-interface"): Rule[] {
  return [
    ...vrfInterfaces.map(
      (name): Rule => ({
        matches: [match === "in-interface" ? { match, name, wildcard: false, negate: false } : { match, name, negate: false }],
        action: { action: "return" },
        note: "member of a VRF",
      }),
    ),
    { matches: [], action: { action: "track" } },
  ];
}

/**
 * A connection that came in by an uplink under strict filtering, was steered and is pinned to main: the mark it arrived with
 * leaves it to main too, and passes the filter, which the pin's would not.
 */
export function arrivedRules({ field, strict }: ChainInput): Rule[] {
  if (strict.length === 0) return [];
  const arrived = fwmark({ value: field.arrival, mask: field.arrival });
  return [{ matches: [arrived, connmark(slotMark(field, field.pinnedToMain))], action: ACCEPT }];
}

/** What is not restored loses foreign bits in our field before it is accepted, unless they say by which uplink it came. */
export function clearRules(input: ChainInput): Rule[] {
  const { field } = input;
  return [
    {
      matches: [fwmark({ value: 0, mask: field.arrival })],
      action: { action: "set-mark", mark: written(input, { value: 0, mask: field.mask }) },
    },
    { matches: [], action: ACCEPT },
  ];
}
