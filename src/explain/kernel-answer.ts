import type { Explanation, KernelOpinion } from "./explanation.ts";
import { endWords } from "./hints.ts";
import type { Packet } from "./packet.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "./protocol-words.ts";

/** The kernel's answer to one look-up: a route, or why there is none (`Permission denied`). */
export interface RouteAnswer {
  readonly device?: string;
  readonly gateway?: string;
  readonly table?: number;
  readonly protocol?: number;
  readonly error?: string;
}

/** Who installs routes, by their numbers in rtnetlink.h and FRR's rt_netlink.h. What the kernel or somebody by hand did needs no word. */
const INSTALLED_BY: Readonly<Record<number, string>> = {
  4: "static",
  9: "router advertisement",
  11: "zebra",
  12: "BIRD",
  16: "DHCP",
  42: "Babel",
  186: "BGP",
  187: "IS-IS",
  188: "OSPF",
  189: "RIP",
  191: "NHRP",
  192: "EIGRP",
  196: "static",
};

/** Protocols that the kernel takes in a look-up (rtm_getroute_parse_ip_proto). */
const ASKABLE: Readonly<Record<number, string>> = {
  [PROTOCOL_ICMP]: "icmp",
  [PROTOCOL_TCP]: "tcp",
  [PROTOCOL_UDP]: "udp",
  [PROTOCOL_ICMPV6]: "ipv6-icmp",
};

const MAIN = 254;

/** RTNETLINK's answer to a look-up that ends in a route of this type. */
const REFUSALS = { prohibit: "Permission denied", unreachable: "No route to host", blackhole: "Invalid argument" } as const;

/**
 * Arguments of `ip route get`: one look-up for each mark, then one without a mark, and the same again for who installed that route;
 * none for what no table decides.
 */
export function lookups({ packet, marked, end }: Explanation): string[][] {
  if (end.to === "drop" || end.to === "router") return [];
  const plain = lookup(packet);
  return [...marked.map(({ value }) => [...plain, "mark", value]), plain, ["fibmatch", ...plain]];
}

function lookup({ source, destination, inbound, protocol, sourcePort, destinationPort, user }: Packet): string[] {
  const word = protocol === undefined ? undefined : ASKABLE[protocol];
  const ports = protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP;
  return [
    destination,
    "from",
    source,
    ...(inbound === undefined ? [] : ["iif", inbound]),
    ...(word === undefined ? [] : ["ipproto", word]),
    ...(ports && sourcePort !== undefined ? ["sport", String(sourcePort)] : []),
    ...(ports && destinationPort !== undefined ? ["dport", String(destinationPort)] : []),
    ...(inbound === undefined && typeof user === "number" ? ["uid", String(user)] : []),
  ];
}

/** Compares the explanation with what the kernel answered to its look-ups, in their order. */
export function judgeKernel(explanation: Explanation, answers: readonly RouteAnswer[]): KernelOpinion | undefined {
  // The last is of kernels since 4.13, and nothing is judged by it.
  const asked = lookups(explanation).slice(0, -1);
  if (asked.length === 0) return undefined;
  const main = answers[asked.length - 1] ?? { error: "no answer" };
  const by = INSTALLED_BY[answers[asked.length]?.protocol ?? 0];
  const decisive = explanation.marked.length === 0 ? [main] : answers.slice(0, explanation.marked.length);
  const disagreements = decisive.flatMap((answer, i) => disagreement(explanation, answer, main, i));
  return {
    agrees: disagreements.length === 0,
    asked: asked.map((words, i) => ({ command: `ip route get ${words.join(" ")}`, answer: answerWords(answers[i] ?? {}) })),
    ...(isMains(main) ? { main: answerWords(main), ...(by === undefined ? {} : { mainBy: by }) } : {}),
    disagreements,
  };
}

function disagreement({ end, leaves, marked }: Explanation, answer: RouteAnswer, main: RouteAnswer, i: number): string[] {
  const otherwise = (wanted: string): string[] => [`the configuration means ${wanted}, the kernel says ${answerWords(answer)}`];
  switch (end.to) {
    case "uplinks": {
      // Each mark of a balanced group is that of one member.
      const own = marked.length > 1 ? leaves.slice(i, i + 1) : leaves;
      const found = own.some(
        (way) => way.interface === answer.device && (way.gateway === undefined || way.gateway === answer.gateway),
      );
      return found
        ? []
        : otherwise(own.map((way) => `${way.interface}${way.gateway === undefined ? "" : ` via ${way.gateway}`}`).join(" or "));
    }
    case "prohibit":
    case "unreachable":
    case "blackhole":
      return answer.error?.includes(REFUSALS[end.to]) ? [] : otherwise(`${end.to}: it should be refused`);
    case "main":
      return isMains(answer) || answerWords(answer) === answerWords(main) ? [] : otherwise(`main's way (${answerWords(main)})`);
    default:
      return answer.error === undefined ? [] : otherwise(endWords(end));
  }
}

/** A route of main, or a refusal that is not ours. */
function isMains({ table, error }: RouteAnswer): boolean {
  return error === undefined && (table === undefined || table === MAIN);
}

/** `eth1 via 198.51.100.1`, `refused: Permission denied`. */
export function answerWords({ device, gateway, error }: RouteAnswer): string {
  if (error !== undefined) return `refused: ${error.replace(/^RTNETLINK answers: /, "")}`;
  return `${device ?? "nothing"}${gateway === undefined ? "" : ` via ${gateway}`}`;
}
