/** Numbers of named services and protocols: /etc/services and /etc/protocols as a value. */
export interface Lookups {
  service(name: string): number | undefined;
  protocol(name: string): number | undefined;
}

/** What works even when the files are missing (Debian's netbase is not essential). IANA's numbers. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  ipencap: 4,
  tcp: 6,
  egp: 8,
  igp: 9,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  "ipv6-icmp": 58,
  eigrp: 88,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
};

const SERVICES: Readonly<Record<string, number>> = {
  "ftp-data": 20,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  http: 80,
  kerberos: 88,
  pop3: 110,
  sunrpc: 111,
  nntp: 119,
  ntp: 123,
  imap2: 143,
  imap: 143,
  snmp: 161,
  "snmp-trap": 162,
  bgp: 179,
  ldap: 389,
  https: 443,
  submissions: 465,
  isakmp: 500,
  syslog: 514,
  submission: 587,
  ldaps: 636,
  imaps: 993,
  pop3s: 995,
  openvpn: 1194,
  l2tp: 1701,
  radius: 1812,
  mysql: 3306,
  rdp: 3389,
  "ipsec-nat-t": 4500,
  sip: 5060,
  "sip-tls": 5061,
  postgresql: 5432,
  "http-alt": 8080,
};

/** Name and aliases -> number, from lines `name number[/protocol] alias... # comment`. First mention wins, as for getservbyname(3). */
function parseNumbers(text: string, pattern: RegExp): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name, number, ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const match = pattern.exec(number ?? "");
    if (name === undefined || match === null) continue;
    for (const word of [name, ...aliases]) if (!numbers.has(word)) numbers.set(word, Number(match[1]));
  }
  return numbers;
}

function lookupIn(
  text: string | undefined,
  pattern: RegExp,
  builtIn: Readonly<Record<string, number>>,
): (name: string) => number | undefined {
  let numbers: Map<string, number> | undefined;
  return (name) => {
    numbers ??= parseNumbers(text ?? "", pattern);
    const word = name.toLowerCase();
    return numbers.get(name) ?? numbers.get(word) ?? (Object.hasOwn(builtIn, word) ? builtIn[word] : undefined);
  };
}

/**
 * Lookups from the texts of /etc/services and /etc/protocols (services(5), protocols(5)); `undefined` for a missing file. The
 * texts are parsed when the first name is asked for. The commonest names are built in.
 */
export function parseLookups(services: string | undefined, protocols: string | undefined): Lookups {
  return {
    service: lookupIn(services, /^(\d+)\/(?:tcp|udp|sctp|dccp)$/, SERVICES),
    protocol: lookupIn(protocols, /^(\d+)$/, PROTOCOLS),
  };
}

/** The built-in names only. */
export const BUILT_IN_LOOKUPS: Lookups = parseLookups(undefined, undefined);
