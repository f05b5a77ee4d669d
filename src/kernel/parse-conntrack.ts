import type { Family } from "../net/address.ts";

/** One end of a connection. Ports are those of TCP, UDP, SCTP and the like. */
export interface End {
  readonly address: string;
  readonly port?: number;
}

/** A tracked connection, in its original direction. */
export interface TrackedConnection {
  readonly family: Family;
  /** `tcp`, `icmp`; `unknown` for those the kernel has no name for. */
  readonly protocol: string;
  /** TCP and its like. */
  readonly state?: string;
  /** Nobody has answered yet. */
  readonly unreplied: boolean;
  readonly source: End;
  readonly destination: End;
  /** Where answers go to, when that is not the source: source NAT. */
  readonly translatedTo?: string;
  /** Seconds until it is forgotten; absent while hardware forwards it. */
  readonly expires?: number;
  readonly mark: number;
}

/**
 * Connections out of `conntrack -L -o extended` (conntrack-tools 1.4.7) or /proc/net/nf_conntrack, which have the same form:
 * `ipv4 2 tcp 6 431999 ESTABLISHED src=... dst=... sport=... dport=... src=... [ASSURED] mark=20971520 use=1`. Those whose mark
 * is not `wanted` are passed over quickly: there may be hundreds of thousands.
 */
export function parseConntrack(text: string, wanted: (mark: number) => boolean): TrackedConnection[] {
  return text.split("\n").flatMap((line): TrackedConnection[] => {
    const mark = Number(/ mark=(\d+)/.exec(line)?.[1] ?? 0);
    return wanted(mark) ? parseLine(line, mark) : [];
  });
}

function parseLine(line: string, mark: number): TrackedConnection[] {
  const [, head, ends] = /^(ipv[46] .*?) (src=.*)$/.exec(line) ?? [];
  if (head === undefined || ends === undefined) return [];
  const [family, , protocol = "unknown", , ...rest] = head.trim().split(/ +/);
  const expires = rest.find((word) => /^\d+$/.test(word));
  const state = rest.find((word) => /^[A-Z_0-9]*[A-Z][A-Z_0-9]*$/.test(word));
  const all = (key: string) => [...ends.matchAll(new RegExp(`(?:^| )${key}=(\\S+)`, "g"))].map(([, value = ""]) => value);
  const [source, answers] = all("src");
  const [destination, back] = all("dst");
  if (source === undefined || destination === undefined || answers === undefined) return [];
  const [sport] = all("sport");
  const [dport] = all("dport");
  return [
    {
      family: family === "ipv6" ? "ipv6" : "ipv4",
      protocol,
      ...(state === undefined ? {} : { state }),
      unreplied: ends.includes("[UNREPLIED]"),
      source: { address: source, ...(sport === undefined ? {} : { port: Number(sport) }) },
      destination: { address: destination, ...(dport === undefined ? {} : { port: Number(dport) }) },
      ...(back === undefined || back === source ? {} : { translatedTo: back }),
      ...(expires === undefined ? {} : { expires: Number(expires) }),
      mark,
    },
  ];
}
