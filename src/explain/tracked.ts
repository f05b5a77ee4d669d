import { hex32 } from "../net/fwmark.ts";
import type { Explanation, TrackedConnection } from "./explanation.ts";
import type { Packet } from "./packet.ts";
import { protocolHasPorts, protocolWord } from "./protocol-words.ts";
import type { Sighted } from "./sighted.ts";

/** Arguments of `conntrack -L` for connections of these ends; undefined when too little is known of them. */
export function connectionQuery({
  state,
  family,
  source,
  destination,
  protocol,
  sourcePort,
  destinationPort,
}: Packet): string[] | undefined {
  // A packet that belongs to no connection has none.
  if (protocol === undefined || state === "invalid") return undefined;
  const ports = protocolHasPorts(protocol);
  return [
    ...["-f", family, "-p", String(protocol), "--orig-src", source, "--orig-dst", destination],
    ...(ports && sourcePort !== undefined ? ["--orig-port-src", String(sourcePort)] : []),
    ...(ports && destinationPort !== undefined ? ["--orig-port-dst", String(destinationPort)] : []),
  ];
}

/** Reads what `conntrack -L` printed of them: the first, if there is any. */
export function readConnection(output: string, explanation: Explanation, sight: Sighted): TrackedConnection | undefined {
  const { icmpType } = explanation.packet;
  const type = icmpType === undefined ? "" : ` type=${icmpType} `;
  const line = output.split("\n").find((one) => one.includes(" src=") && one.includes(type));
  if (line === undefined) return undefined;
  const word = (name: string): string | undefined => new RegExp(` ${name}=(\\S+)`).exec(line)?.[1];
  const mark = Number(word("mark") ?? 0);
  const { packet } = explanation;
  const end = (address: string, port: string | undefined): string => (port === undefined ? address : `${address} port ${port}`);
  const { owner, cameIn } = ownerOf(mark, sight);
  return {
    text: `${protocolWord(packet.protocol ?? 0)} ${end(packet.source, word("sport"))} -> ${end(packet.destination, word("dport"))}`,
    mark: hex32(mark),
    ...(owner === undefined ? {} : { owner }),
    cameIn,
    agrees: agrees(owner, cameIn, explanation),
  };
}

function ownerOf(mark: number, { config, slots }: Sighted): { readonly owner?: string; readonly cameIn: boolean } {
  const mask = config["mark-mask"];
  const unit = (mask & -mask) >>> 0;
  const field = ((mark & mask) >>> 0) / unit;
  const half = ((mask >>> 0) / unit + 1) / 2;
  const slot = field % half;
  const cameIn = field >= half;
  if (slot === 0) return { cameIn };
  const owner = slot === half - 1 ? "main" : [...slots].find(([, one]) => one === slot)?.[0];
  return { owner: owner ?? `slot ${slot}`, cameIn };
}

/** Whether a new connection of these ends would be remembered as this one is. */
function agrees(owner: string | undefined, cameIn: boolean, { target, end, replies, marked }: Explanation): boolean {
  if (replies !== undefined) return cameIn && (replies.end.to === "uplinks" ? owner === `uplink ${replies.end.ways[0]}` : true);
  if (cameIn) return false;
  if (end.to === "uplinks" && !end.bySource && marked.length > 0) {
    const [kind, name] = target.split(" ");
    return kind === "group" ? end.ways.some((way) => owner === `member ${name} ${way}`) : owner === target;
  }
  // To a connected network: it keeps its slot where that is on the uplink's own interface.
  const kept = marked.some((one) => owner === one.owner || owner?.startsWith(one.owner.replace("group", "member")) === true);
  if (marked.length > 0) return owner === "main" || kept;
  return owner === undefined;
}
