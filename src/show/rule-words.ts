import type { Rule, Side } from "../config/schema.ts";
import type { UserMatch } from "../config/values/user.ts";

/** The conditions of a rule, each in a few words, in the order a packet's header has them. Empty: everything matches. */
export function ruleWords(rule: Rule): string[] {
  const words: string[] = [];
  if (rule.family !== "both") words.push(rule.family === "ipv4" ? "IPv4" : "IPv6");
  if (rule["inbound-interface"].length > 0) {
    words.push(
      `in ${rule["inbound-interface"].map((match) => `${not(match)}${match.name}${match.wildcard ? "+" : ""}`).join(",")}`,
    );
  }
  const { protocol } = rule;
  if (protocol !== undefined && protocol.value !== "all") words.push(`${not(protocol)}${protocol.text}`);
  if (rule.source.port !== undefined) words.push(`sport ${rule.source.port.text}`);
  if (rule.destination.port !== undefined) words.push(`dport ${rule.destination.port.text}`);
  for (const [name, { group }] of [["sport", rule.source] as const, ["dport", rule.destination] as const]) {
    const ports = group["port-group"];
    if (ports !== undefined) words.push(`${name} ${not(ports)}port-group ${ports.name}`);
  }
  words.push(...sideWords("from", rule.source), ...sideWords("to", rule.destination));
  const mac = rule.source["mac-address"];
  if (mac !== undefined) words.push(`from MAC ${not(mac)}${mac.mac}`);
  if (rule.user !== undefined) words.push(`user ${userWords(rule.user)}`);
  if (rule["user-group"] !== undefined) words.push(`user-group ${userWords(rule["user-group"])}`);
  words.push(...stateWords(rule));
  if (rule.dscp !== undefined) words.push(`dscp ${not(rule.dscp)}${rule.dscp.text}`);
  if (rule.tos !== undefined) words.push(`tos ${rule.tos}`);
  words.push(...icmpWords("icmp", rule.icmp), ...icmpWords("icmpv6", rule.icmpv6));
  const { flags } = rule.tcp;
  if (flags !== undefined) words.push(`flags ${[...flags.set, ...flags.unset.map((flag) => `!${flag}`)].join(",")}`);
  if (rule.fragment !== undefined) words.push("no fragment");
  const length = rule["packet-length"];
  if (length !== undefined)
    words.push(`length ${length.first === length.last ? length.first : `${length.first}-${length.last}`}`);
  words.push(...timeWords(rule));
  const { rate, burst } = rule.limit;
  if (rate !== undefined) words.push(`limit ${rate.text}${burst === undefined ? "" : ` burst ${burst}`}`);
  if (rule.ipsec !== undefined) words.push(rule.ipsec === "match-ipsec" ? "ipsec" : "no ipsec");
  return words;
}

function timeWords({ time }: Rule): string[] {
  const { startdate, stopdate, starttime, stoptime, weekdays, monthdays } = time;
  const words = [
    ...(startdate === undefined ? [] : [`from ${startdate.text}`]),
    ...(stopdate === undefined ? [] : [`until ${stopdate.text}`]),
    ...(starttime === undefined && stoptime === undefined ? [] : [`${starttime?.text ?? "00:00"}-${stoptime?.text ?? "24:00"}`]),
    ...(weekdays === undefined ? [] : [weekdays.text]),
    ...(monthdays === undefined ? [] : [`days ${monthdays.text}`]),
  ];
  return words.length === 0 ? [] : [`${words.join(" ")} UTC`];
}

function userWords(user: UserMatch): string {
  const { name, first, last } = user;
  return `${not(user)}${name ?? (first === last ? first : `${first}-${last}`)}`;
}

function stateWords({ state }: Rule): string[] {
  const names = Object.entries(state);
  const enabled = names.flatMap(([name, value]) => (value === "enable" ? [name] : []));
  // Beside enabled ones, disabled states say nothing more.
  const said = enabled.length > 0 ? enabled : names.map(([name]) => `!${name}`);
  return said.length === 0 ? [] : [`state ${said.join(",")}`];
}

function icmpWords(version: "icmp" | "icmpv6", { type, code, "type-name": named }: Rule["icmp"] & Rule["icmpv6"]): string[] {
  const what = named?.name ?? (type === undefined ? undefined : `type ${type}`);
  return what === undefined ? [] : [`${version} ${what}${code === undefined ? "" : ` code ${code}`}`];
}

function sideWords(preposition: string, side: Side): string[] {
  const words: string[] = [];
  if (side.address.length > 0) {
    words.push(`${preposition} ${side.address.map((match) => `${not(match)}${match.text}`).join(",")}`);
  }
  if (side["interface-address"] !== undefined) words.push(`${preposition} ${side["interface-address"]}-address`);
  if (side["interface-network"] !== undefined) words.push(`${preposition} ${side["interface-network"]}-net`);
  if (side.ipset !== undefined) words.push(`${preposition} ${not(side.ipset)}ipset ${side.ipset.name}`);
  for (const [kind, match] of Object.entries(side.group)) {
    if (kind !== "port-group") words.push(`${preposition} ${not(match)}${kind} ${match.name}`);
  }
  return words;
}

function not({ negate }: { readonly negate: boolean }): string {
  return negate ? "!" : "";
}
