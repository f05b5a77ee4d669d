import { utcText } from "../net/utc-text.ts";
import { sourceWords } from "../uplink/source-words.ts";
import type { Shown, ShownBackend, ShownRoute, ShownUplink, Way } from "./model.ts";

/** `198.51.100.1 (dhcp)`, `point-to-point`, or nothing without a route. */
export function gatewayWords(route: ShownRoute, family: "ipv4" | "ipv6"): string | undefined {
  if (route.kind === "none") return undefined;
  if (route.gateway === undefined) return "point-to-point";
  return `${route.gateway} (${sourceWords(route.learntFrom ?? "config", family)})`;
}

export function wayWords(way: Way): string {
  switch (way.to) {
    case "uplink":
      return way.uplink;
    case "uplinks":
      return way.uplinks.join(", ");
    case "table":
      return `table ${way.table}`;
    case "not-applied":
      return "not applied";
    default:
      return way.to;
  }
}

/** Both families in one cell: told apart only when they differ. `-` when the rule can match in none. */
export function waysWords(ways: { readonly ipv4?: Way; readonly ipv6?: Way }): string {
  const ipv4 = ways.ipv4 === undefined ? undefined : wayWords(ways.ipv4);
  const ipv6 = ways.ipv6 === undefined ? undefined : wayWords(ways.ipv6);
  if (ipv4 === undefined || ipv6 === undefined || ipv4 === ipv6) return ipv4 ?? ipv6 ?? "-";
  return `${ipv4}\nIPv6: ${ipv6}`;
}

/** `510sg (20)` */
export function tableWords(table: ShownUplink["table"]): string | undefined {
  return table === undefined ? undefined : `${table.name} (${table.id})`;
}

const LINKS = { "no-carrier": "no link", "admin-down": "no link", missing: "no link" } as const;

/** `2/2 ok`: targets that answer, of how many; nothing is said of a line that is not there. */
export function healthWords({ health, link, state }: ShownUplink): string {
  if (health === undefined || state === "disabled") return "-";
  if (link !== "up" && link !== "unknown") return LINKS[link];
  const known = health.targets.filter((target) => target.state !== "unknown");
  if (known.length === 0) return "not known";
  const ok = known.filter((target) => target.state === "ok").length;
  return `${ok}/${health.targets.length} ok${health.verdict === "down" && ok >= health.minimumTargets ? ", held" : ""}`;
}

/** What ends it when the operator said so himself. */
export function forcedEnd({ name, forced }: Pick<ShownUplink, "name" | "forced">): string {
  return forced === undefined ? "" : ` ("force policy-route uplink ${name} auto" ends that)`;
}

/** Seconds since the epoch -> `2026-11-20 13:00:00 UTC` */
export function timeWords(seconds: number): string {
  return `${utcText(seconds).replace("T", " ")} UTC`;
}

/** 48211 -> `48,211` */
export function countWords(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The first line of every view. */
export function stateLine(shown: Shown): string {
  const steps = shown.stepsToDo;
  const toDo =
    steps === undefined || steps === 0 ? "" : `${steps} ${steps === 1 ? "step" : "steps"} to do, see "show policy-route plan"`;
  if (shown.state === "not-configured") {
    return `Policy routing is not configured${toDo === "" ? "" : `, but something of it is left: ${toDo}`}\n`;
  }
  const sync = steps === undefined ? "" : toDo === "" ? ", in sync" : `, not in sync: ${toDo}`;
  const backend = shown.state === "active" && toDo === "" ? `, backend ${backendWords(shown.backend)}` : "";
  return `Policy routing: ${shown.state}${sync}${backend}\n${sourceLine(shown)}`;
}

/** `nftables (WAN load balancing is configured)`, `iptables (nft front end; rule 10 (time weekdays Mon) needs it)` */
function backendWords({ name, reason, frontEnd }: ShownBackend): string {
  if (name === "nftables") return reason === undefined ? name : `${name} (${reason})`;
  // Why it is iptables needs no word, unless a rule takes the choice away.
  const why = reason?.startsWith("rule ") === true ? [reason] : [];
  const words = [...(frontEnd === undefined ? [] : [`${frontEnd} front end`]), ...why].join("; ");
  return words === "" ? name : `${name} (${words})`;
}

function sourceLine({ source }: Shown): string {
  if (source.from === "kernel") return "";
  return `Only root can read the kernel's rules. This is how ${source.reason === "" ? "the last run" : `"${source.reason}"`} left it at ${timeWords(source.at)}.\n`;
}

/** What an `if-down` means for packets. */
export const IF_DOWN = {
  main: "main: packets go the way of the main table",
  prohibit: "prohibit: packets are refused",
  unreachable: "unreachable: packets are refused",
  blackhole: "blackhole: packets are dropped",
} as const;

/** How long it has been so: `00:02:10`, `3d 04:11`. `-` where nobody knows. */
export function sinceWords(since: number | undefined, at: number): string {
  if (since === undefined) return "-";
  const seconds = Math.max(0, Math.floor(at - since));
  const two = (number: number): string => String(number).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}`;
  const days = Math.floor(seconds / 86_400);
  return days > 0 ? `${days}d ${clock}` : `${clock}:${two(seconds % 60)}`;
}

/** 1536 -> `1.5 KiB` */
export function bytesWords(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
