import { stays, type Target } from "../../../src/explain/decide.ts";
import { follow, type Lines } from "../../../src/explain/follow.ts";
import type { Packet } from "../../../src/explain/packet.ts";
import { parsePrefix, prefixHolds } from "../../../src/net/address.ts";
import type { Link } from "../../../src/uplink/facts.ts";

/**
 * Strict reverse path filtering on uplinks (docs/replies.md): whether what comes in passes. The kernel asks with the packet's mark where its
 * source is: an uplink's own arrivals there, what is steered by the table that steers it. `undefined`: chance decides.
 */
export function passesFilter(packet: Packet, target: Target | undefined, known: Lines): boolean | undefined {
  const { family, inbound } = packet;
  const here = Object.values(known.config.uplink).filter((uplink) => uplink.interface === inbound && !uplink.disable);
  if (family !== "ipv4" || !here.some((uplink) => uplink["source-validation"] === "strict")) return true;
  const found = ways(packet, target, known);
  if (found.every((way) => way === inbound)) return found.length > 0;
  return found.includes(inbound) ? undefined : false;
}

/** The interfaces by which the kernel would answer. */
function ways(packet: Packet, target: Target | undefined, known: Lines): (string | undefined)[] {
  const { config, links } = known;
  const { source, destination, inbound, mac, family } = packet;
  const main = [nearLink(source, links)?.name ?? "eth6"];
  if (target?.to === "uplink" || target?.to === "group" || target?.to === "table") {
    const steered = target.to === "table" ? target.table !== "main" : stays(source, family, known) === undefined;
    const end = follow(target, { ...packet, source: destination, destination: source }, known);
    if (steered && end.to === "uplinks") return end.ways.map((name) => config.uplink[name]?.interface);
    if (steered && end.to === "table") return ["eth7"];
    return !steered || end.to === "main" ? main : [];
  }
  const told = Object.values(config.uplink).some(
    (uplink) => uplink.interface === inbound && !uplink.disable && [undefined, mac].includes(uplink["gateway-mac"]),
  );
  const exempt = config.exempt.destination.some((network) => prefixHolds(network, source));
  const connected = config.exempt.connected === "enable" && nearLink(source, links) !== undefined;
  return told && !connected && !exempt ? [inbound] : main;
}

/** The interface in whose network an address is. */
export function nearLink(address: string, links: readonly Link[]): Link | undefined {
  return links.find((link) =>
    link.addresses.some((own) => {
      const network = parsePrefix(`${own.address}/${own.length}`);
      return network !== undefined && prefixHolds(network, address);
    }),
  );
}
