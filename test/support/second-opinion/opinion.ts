import { readFileSync } from "node:fs";
import { findFirewallGroups } from "../../../src/config/firewall-groups.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { fillNames } from "../../../src/config/outside-names.ts";
import { parseConfigTree } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Config } from "../../../src/config/schema.ts";
import { type Decision, decide, stays } from "../../../src/explain/decide.ts";
import { type End, follow, followReplies, type Lines } from "../../../src/explain/follow.ts";
import type { Packet } from "../../../src/explain/packet.ts";
import { parsePrefix, prefixHolds } from "../../../src/net/address.ts";
import type { Link } from "../../../src/uplink/facts.ts";
import type { UplinkRoute, UplinkState } from "../../../src/uplink/uplink-state.ts";
import type { Wanted } from "./packet-bytes.ts";
import { nearLink, passesFilter } from "./path-filter.ts";
import { FORWARDS, SECOND_END, SECOND_GATEWAY, SETS } from "./world.ts";

/** Everything the evaluator is told: the configuration, and of the test's router what its map says (world.ts). */
export type Known = Lines;

function idsOf(file: string): Map<string, number> {
  return new Map(
    readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([name = "", , id = ""]) => [name, Number(id)]),
  );
}

/** Whether an address is in one of the world's sets, by `NAME ADDRESS`. */
class InSets extends Map<string, boolean> {
  override get(key: string): boolean {
    const [name, address = ""] = key.split(" ");
    const { members, family } = SETS[name as keyof typeof SETS];
    return members.some((member) => {
      const prefix = parsePrefix(member.includes("/") ? member : `${member}/${family === "ipv4" ? 32 : 128}`);
      return prefix !== undefined && prefixHolds(prefix, address);
    });
  }
}

/** The configuration with the names in it looked up. */
function readConfig(lines: readonly string[]): Config {
  const text = lines.map((line) => `set ${line.startsWith("firewall ") ? "" : "policy-route "}${line}\n`).join("");
  const router = parseSetCommands(text);
  const tree = router.children.get("policy-route");
  if (tree === undefined) throw new Error("no policy-route in the configuration");
  const { config } = parseConfigTree(tree, BUILT_IN_LOOKUPS);
  const { groups } = findFirewallGroups(config, router, BUILT_IN_LOOKUPS);
  return fillNames(
    config,
    { users: idsOf("/etc/passwd"), userGroups: idsOf("/etc/group") },
    groups,
    new Map(Object.entries(SETS)),
  );
}

/** Which lines are alive is known from how the router was wired. */
function statesOf(config: Config, links: readonly Link[]): UplinkState[] {
  return Object.entries(config.uplink).flatMap(([name, uplink]): UplinkState[] => {
    const link = links.find((one) => one.name === uplink.interface);
    if (link === undefined || uplink.disable) return [];
    const route = (gateway: string | undefined): UplinkRoute =>
      gateway === undefined
        ? { kind: "none", onlink: false, gateways: [] }
        : { kind: "gateway", gateway, onlink: false, gateways: [gateway] };
    return [
      {
        name,
        interface: link.name,
        link: link.name === "eth3" ? "no-carrier" : link.name === "eth4" ? "admin-down" : "up",
        addresses: link.addresses,
        routes: { ipv4: route(uplink.gateway), ipv6: route(uplink.gateway6) },
      },
    ];
  });
}

export function know(lines: readonly string[], links: readonly Link[]): Known {
  const config = readConfig(lines);
  return { config, links, uplinks: statesOf(config, links), held: new Map(), now: 0, inSets: new InSets() };
}

/** What the configuration means for a packet, and the far ends at which it may come out; none: nowhere. */
export interface Opinion {
  readonly decision: Decision;
  readonly end: End;
  readonly exits: readonly string[];
  /** The far ends at which the router's own answer may come out, to what is for itself. */
  readonly answers: readonly string[];
}

export function opinionOf(packet: Wanted, known: Known): Opinion {
  const decision = decide(packet, known);
  const forwarded = packet.protocol === 17 && packet.inbound !== undefined ? FORWARDS[packet.destination] : undefined;
  const destination = forwarded ?? packet.destination;
  const end = forwarded === undefined ? follow(decision.target, packet, known) : forwardedEnd(decision, packet, forwarded, known);
  const exits = exitsOf(end, destination, known);
  // What a table refuses is refused before anybody asks where it came from.
  const goesOn = exits.length > 0 || end.to === "router";
  if (goesOn && passesFilter(packet, decision.aim ?? decision.target, known) === false)
    return { decision, end: { to: "drop" }, exits: [], answers: [] };
  const answers = end.to === "router" ? exitsOf(ownAnswerEnd(decision, packet, known), packet.source, known) : [];
  return { decision, end, exits, answers };
}

/** Asked is what the packet says, routed is what became of it. */
function forwardedEnd({ aim, target }: Decision, packet: Packet, destination: string, known: Known): End {
  const wants = aim ?? (target.to === "router" ? { to: "main" as const } : target);
  const steered = wants.to === "uplink" || wants.to === "group";
  if (steered && stays(destination, packet.family, known) !== undefined) return { to: "main" };
  return follow(wants, { ...packet, destination }, known);
}

/** Where the router itself answers, from the address that was asked. */
function ownAnswerEnd({ replies }: Decision, packet: Packet, known: Known): End {
  const { inbound: _, ...asked } = packet;
  const answer: Packet = { ...asked, source: packet.destination, destination: packet.source };
  const away = replies?.to === "uplink" && stays(answer.destination, answer.family, known) === undefined;
  return follow(away ? { to: "uplink", uplink: replies.uplink } : { to: "main" }, answer, known);
}

/** Where the answer to a packet that came in leaves. */
export function replyExits(packet: Packet, decision: Decision, known: Known): readonly string[] {
  return exitsOf(followReplies(decision, packet, known), packet.source, known);
}

/** The far ends at which a packet with that end may come out; none: nowhere. */
export function exitsOf(end: End, destination: string, { config, links }: Known): string[] {
  const far = (name: string): string => name.replace("eth", "p");
  if (end.to === "uplinks")
    return end.ways.map((name) => {
      const uplink = config.uplink[name];
      const gateways: readonly (string | undefined)[] = [uplink?.gateway, uplink?.gateway6];
      return gateways.includes(SECOND_GATEWAY.ipv4) ? SECOND_END : far(uplink?.interface ?? "");
    });
  if (end.to === "table") return ["p7"];
  if (end.to !== "main") return [];
  const near = nearLink(destination, links);
  return [near === undefined ? "p6" : far(near.name)];
}
