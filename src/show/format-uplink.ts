import { sourceWords } from "../uplink/source-words.ts";
import { formatFields } from "./columns.ts";
import type { ShownHealth, ShownRoute, ShownTarget, ShownUplink } from "./model.ts";
import { bytesWords, countWords, IF_DOWN, tableWords, timeWords, wayWords } from "./words.ts";

/** Everything about one uplink. */
export function formatUplink(uplink: ShownUplink, width?: number): string {
  const head = `Uplink ${uplink.name}: ${uplink.state}${uplink.why === undefined || uplink.state === "disabled" ? "" : `, ${uplink.why}`}\n`;
  const link = uplink.link === "unknown" ? "" : ` (${LINKS[uplink.link]})`;
  return (
    head +
    formatFields(
      [
        ["Description", uplink.description],
        ["Since", uplink.since === undefined ? undefined : timeWords(uplink.since)],
        ["Interface", uplink.interface === undefined ? undefined : `${uplink.interface}${link}`],
        ["Addresses", uplink.addresses.length === 0 ? "none" : uplink.addresses.join(", ")],
        ["IPv4", uplink.state === "disabled" ? undefined : routeWords(uplink.ipv4, "ipv4", uplink.onlink)],
        ["IPv6", uplink.state === "disabled" ? undefined : routeWords(uplink.ipv6, "ipv6", uplink.onlink)],
        ["Marked packets", uplink.mark === undefined ? undefined : markedWords(uplink)],
        [
          "Forced",
          uplink.forced === undefined
            ? undefined
            : `${uplink.forced}, until "force policy-route uplink ${uplink.name} auto" or reboot`,
        ],
        ["If down", IF_DOWN[uplink.ifDown]],
        ["Table", tableWords(uplink.table)],
        ["Mark", uplink.mark === undefined ? undefined : `${uplink.mark.value}/${uplink.mark.mask} (slot ${uplink.mark.slot})`],
        ["Source rule", uplink.sourceRule ? "enable" : "disable"],
        ["Source NAT", uplink.sourceNat],
        ["Track inbound", uplink.trackInbound ? "enable" : "disable"],
        ["Health", uplink.health === undefined ? undefined : verdictWords(uplink.health)],
        ["Probes", uplink.health?.targets.map(targetWords).join("\n")],
        ["Rules", uplink.rules.length === 0 ? "none" : uplink.rules.join(", ")],
        ["Groups", uplink.groups.length === 0 ? undefined : uplink.groups.join(", ")],
        ["Connections", uplink.connections === undefined ? undefined : countWords(uplink.connections)],
        ["Traffic", trafficWords(uplink)],
      ],
      width,
    )
  );
}

function trafficWords({ interface: name, traffic }: ShownUplink): string | undefined {
  if (traffic === undefined) return undefined;
  return `${bytesWords(traffic.received)} received, ${bytesWords(traffic.sent)} sent by ${name} in all`;
}

const LINKS = { up: "up", "no-carrier": "no carrier", "admin-down": "administratively down", missing: "does not exist" } as const;

function routeWords(route: ShownRoute, family: "ipv4" | "ipv6", onlink: boolean): string {
  if (route.kind === "none") return `no route${route.why === undefined ? "" : `: ${route.why}`}`;
  const source = route.source === undefined ? "" : `, source ${route.source}`;
  if (route.gateway === undefined) return `point-to-point, no gateway${source}`;
  const others = route.gateways.filter((gateway) => gateway !== route.gateway);
  return [
    `gateway ${route.gateway}, learnt from ${sourceWords(route.learntFrom ?? "config", family)}${onlink ? ", onlink" : ""}${source}`,
    ...(others.length === 0 ? [] : [`also named, not used: ${others.join(", ")}`]),
    ...(route.why === undefined ? [] : [route.why]),
  ].join("\n");
}

function markedWords(uplink: ShownUplink): string {
  const ipv4 = wayWords(uplink.ipv4.now);
  const ipv6 = wayWords(uplink.ipv6.now);
  return ipv4 === ipv6 ? `go to ${ipv4}` : `IPv4 goes to ${ipv4}, IPv6 to ${ipv6}`;
}

function verdictWords({ verdict, since, why, heldUntil, minimumTargets, targets }: ShownHealth): string {
  const wanted = `${minimumTargets} of ${targets.length} targets have to answer`;
  if (verdict === "unknown") return `no verdict yet, which counts as up; ${wanted}`;
  const held = heldUntil === undefined ? "" : `, held down until ${timeWords(heldUntil)}`;
  return `${verdict}${since === undefined ? "" : ` since ${timeWords(since)}`}${why === undefined ? "" : `, ${why}`}${held}; ${wanted}`;
}

function targetWords({ target, probe, state, since, last }: ShownTarget): string {
  const when = state === "unknown" || since === undefined ? "" : ` since ${timeWords(since)}`;
  const said = last === undefined ? "" : `, ${last.outcome === "unable" ? "cannot be probed: " : ""}${last.words}`;
  return `${target} (${probe}): ${state === "unknown" ? "not known yet" : state}${when}${said}`;
}
