import { CHAIN_PREFIX } from "../kernel/ownership.ts";
import type { Action, Match, Rule } from "../kernel/rule.ts";
import { ARRIVAL_LABEL, allSlots, CHAINS, type ChainInput, connmark, jump, written } from "./chain-parts.ts";
import { arrivalMark, slotOnly } from "./mark-field.ts";
import type { UplinkTarget } from "./targets.ts";

/**
 * How packets of an enabled uplink are told when they arrive, those that count more behind, where they overwrite: an uplink told
 * by its gateway is the exception on its interface, and of several that nothing tells apart the first has it, as it has the
 * addresses they share. With labels, which nothing takes back, the other way round: the first ends the matter.
 */
export function waysIn(
  { uplinks }: ChainInput,
  ending: boolean,
): { readonly target: UplinkTarget; readonly from: readonly Match[] }[] {
  const ways = uplinks.flatMap((target) => {
    const { interface: name, disable, "gateway-mac": address } = target.config;
    if (name === undefined || disable) return [];
    const from: Match[] = [{ match: "in-interface", name, wildcard: false, negate: false }];
    if (address !== undefined) from.push({ match: "mac", address, negate: false });
    return [{ target, from }];
  });
  const sorted = ways.sort((a, b) => b.from.length - a.from.length);
  return ending ? sorted : sorted.reverse();
}

/** Connections that come in by this uplink are answered by it. */
export function tracksInbound({ config }: UplinkTarget): boolean {
  return config.interface !== undefined && !config.disable && config["track-inbound"] === "enable";
}

/** Who is told by his MAC address and not noted is not taken for the other uplink on his interface: these matches leave him out. */
export function butForUntracked({ uplinks }: ChainInput, { config }: UplinkTarget): Match[] {
  if (config["gateway-mac"] !== undefined) return [];
  return uplinks.flatMap((other): Match[] => {
    const { interface: name, disable, "gateway-mac": address } = other.config;
    if (address === undefined || name !== config.interface || disable || tracksInbound(other)) return [];
    return [{ match: "mac", address, negate: true }];
  });
}

/** The replies get the slot, and nobody else is asked: the chain a rule of `traffic inbound` jumps to. */
export function answerRules(input: ChainInput, slot: number, note: string): Rule[] {
  return [
    ...arrivalActions(input, slot).map((action): Rule => ({ matches: [], action, note })),
    { matches: [], action: jump(CHAINS.keep), note },
  ];
}

/** With labels there are three things to remember of an arrival: a chain of its own keeps that off the path of later packets. */
export function arrival(input: ChainInput, slot: number): Action {
  return input.labels
    ? jump(arrivalChain(slot))
    : { action: "set-connmark", mark: written(input, arrivalMark(input.field, slot)) };
}

const arrivalChain = (slot: number): string => `${CHAIN_PREFIX}_A_${slot}`;

/** The chains that note by which uplink a connection came in. None without labels: then a single rule does it. */
export function arrivalChains(input: ChainInput): { name: string; rules: Rule[] }[] {
  if (!input.labels) return [];
  return input.uplinks.filter(tracksInbound).map(({ name, slot }) => ({
    name: arrivalChain(slot),
    rules: answerRules(input, slot, `uplink ${name}`),
  }));
}

function arrivalActions(input: ChainInput, slot: number): Action[] {
  const mark: Action = { action: "set-connmark", mark: written(input, arrivalMark(input.field, slot)) };
  return input.labels ? [mark, { action: "set-label", label: slot }, { action: "set-label", label: ARRIVAL_LABEL }] : [mark];
}

/**
 * The kernel gives a related connection the whole mark of its master, and no label. The slot is right: the data goes the way of
 * the control connection. Whether it comes in or goes out is its own: the data of a passive FTP client comes in as its control
 * connection did, active FTP is the server's call back.
 */
export function relatedRules(input: ChainInput): Rule[] {
  const ways: { from: readonly Match[]; note?: string }[] = [
    ...waysIn(input, true).map(({ target, from }) => ({ from, note: `uplink ${target.name}` })),
    ...input.outside.map((match) => ({ from: [match] })),
  ];
  const actions: Action[] = [
    setArrival(input, true),
    ...(input.labels ? [{ action: "set-label", label: ARRIVAL_LABEL } satisfies Action] : []),
  ];
  return [
    { matches: [], action: setArrival(input, false) },
    ...ways.flatMap(({ from: matches, ...rest }) => actions.map((action): Rule => ({ matches, action, ...rest }))),
    ...relatedEnd(input),
  ];
}

/** The same for the router's own packets: none of them comes in. */
export function relatedOutRules(input: ChainInput): Rule[] {
  return [{ matches: [], action: setArrival(input, false) }, ...relatedEnd(input)];
}

function setArrival(input: ChainInput, arrived: boolean): Action {
  const { arrival: mask } = input.field;
  return { action: "set-connmark", mark: written(input, { value: arrived ? mask : 0, mask }) };
}

function relatedEnd(input: ChainInput): Rule[] {
  const labelled = input.labels
    ? allSlots(input).map(
        ({ slot, owner: note }): Rule => ({
          matches: [connmark(slotOnly(input.field, slot))],
          action: { action: "set-label", label: slot },
          note,
        }),
      )
    : [];
  return [...labelled, { matches: [], action: jump(CHAINS.keep) }];
}
