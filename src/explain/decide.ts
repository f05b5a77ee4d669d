import type { Config, Rule } from "../config/schema.ts";
import { addressBits, type Family, formatPrefix, type Prefix, parsePrefix, prefixHolds } from "../net/address.ts";
import type { Finding } from "./finding.ts";
import { type Asked, judgeRule, type Surroundings } from "./judge-rule.ts";
import type { Packet } from "./packet.ts";

/** Where a packet is to go. `main`: as if there were no rule. `router`: it is for the router itself. */
export type Target =
  | { readonly to: "main" | "drop" | "prohibit" | "router" }
  | { readonly to: "uplink"; readonly uplink: string }
  | { readonly to: "group"; readonly group: string }
  | { readonly to: "table"; readonly table: string };

/** One thing that was asked about the packet, in order. `open`: it depends on something that was not given. */
export interface Step {
  /** `exempt`, `rule 10`, `track-inbound`. */
  readonly what: string;
  readonly verdict: "match" | "no" | "open";
  /** Why, in words: of a match all conditions, else the first that does not hold. */
  readonly words: readonly string[];
  /** What else would have to be given, or does not hold. */
  readonly findings?: readonly Finding[];
  /** Number of the rule. */
  readonly rule?: string;
  /** Of a rule that matches: what it says, `uplink dsl`, `exempt`. */
  readonly says?: string;
}

export interface Decision {
  readonly steps: readonly Step[];
  readonly target: Target;
  /** What the rule says, where a connected network comes before it: the packet is marked for that all the same. */
  readonly aim?: Target;
  /** `rule 10`, `exempt`, `connected`, `track-inbound`; absent when nothing took the packet. */
  readonly by?: string;
  /** Where replies are sent, of a connection that comes in and is noted: an uplink's name, or main. */
  readonly replies?: { readonly to: "uplink"; readonly uplink: string } | { readonly to: "main" };
}

/** What the configuration means for the first packet of a connection: which exemption or rule decides, and where it is to go. */
export function decide(packet: Packet, around: Surroundings): Decision {
  const { config } = around;
  if (config.disable) return { steps: [{ what: "policy-route", verdict: "no", words: ["disabled"] }], target: { to: "main" } };
  const here = isRouters(packet.destination, around);
  const arrived = packet.inbound === undefined ? { steps: [] } : comingIn(packet, around);
  const { steps, replies, by } = arrived;
  if (arrived.dropped) return { steps, target: { to: "drop" }, ...(by === undefined ? {} : { by }) };
  if (replies !== undefined && by !== undefined) return { steps, target: { to: here ? "router" : "main" }, by, replies };
  if (here) {
    const step: Step = {
      what: "own address",
      verdict: "match",
      words: [`${packet.destination} is the router's own: never steered`],
    };
    return { steps: [...steps, step], target: { to: "router" }, by: "own address" };
  }
  const rest = goingOut(packet, around);
  return { ...rest, steps: [...steps, ...rest.steps] };
}

/** A connection that comes in: rules of `traffic inbound`, then `track-inbound`. A packet that belongs to no connection has no replies. */
function comingIn(packet: Packet, around: Surroundings): Pick<Decision, "steps" | "replies" | "by"> & { dropped?: true } {
  if (packet.state === "invalid") return { steps: [] };
  const { config } = around;
  const rules = Object.entries(config.rule).filter(([, { disable, traffic }]) => !disable && traffic === "inbound");
  // Steered are the replies: from the packet's destination to its source.
  const exempt = exemption(config, { to: packet.source, from: packet.destination });
  const tracked = trackedUplink(packet, config);
  if (exempt !== undefined && rules.length === 0 && tracked === undefined) return { steps: [] };
  if (exempt !== undefined) {
    const steps: Step[] = [{ what: "exempt", verdict: "match", words: [`its replies: ${exempt}`] }];
    return tracked === undefined ? { steps } : { steps, by: "exempt", replies: { to: "main" } };
  }
  const { steps, taken } = askRules(rules, packet, "inbound", around);
  if (taken !== undefined) {
    const [number, rule] = taken;
    const by = `rule ${number}`;
    if (rule.action === "drop") return { steps, by, dropped: true };
    const uplink = rule.set["reply-uplink"];
    return { steps, by, replies: uplink === undefined ? { to: "main" } : { to: "uplink", uplink } };
  }
  if (tracked === undefined) return { steps };
  const step: Step = {
    what: "track-inbound",
    verdict: "match",
    words: [`comes in by uplink ${tracked}: its replies leave there`],
  };
  return { steps: [...steps, step], by: "track-inbound", replies: { to: "uplink", uplink: tracked } };
}

/** The uplink by which a packet came in, if connections are to be answered there. One told by its gateway's MAC address comes first. */
function trackedUplink({ inbound, mac }: Packet, config: Config): string | undefined {
  const here = Object.entries(config.uplink).filter(([, uplink]) => uplink.interface === inbound && !uplink.disable);
  const tracks = ([, uplink]: (typeof here)[number]): boolean => uplink["track-inbound"] === "enable";
  const told = here.find(([, uplink]) => uplink["gateway-mac"] !== undefined && uplink["gateway-mac"] === mac);
  const found = told ?? here.find((one) => one[1]["gateway-mac"] === undefined && tracks(one));
  return found !== undefined && tracks(found) ? found[0] : undefined;
}

/** A packet that is passed on or made here: exempt networks, rules, connected networks. */
function goingOut(packet: Packet, around: Surroundings): Decision {
  const { config } = around;
  const asked: Asked = packet.inbound === undefined ? "local" : "forwarded";
  const vrf = vrfOf(packet, around);
  if (vrf !== undefined) {
    const words = [`${packet.inbound} belongs to VRF ${vrf}, and no rule names it`];
    return { steps: [{ what: "exempt", verdict: "match", words }], target: { to: "main" }, by: "exempt" };
  }
  const exempt = exemption(config, { to: packet.destination, from: packet.source });
  if (exempt !== undefined)
    return { steps: [{ what: "exempt", verdict: "match", words: [exempt] }], target: { to: "main" }, by: "exempt" };
  const near = connectedNetwork(packet.destination, packet.family, around);
  const connected = near !== undefined && config.exempt.connected === "enable" ? near : undefined;
  const free: Step = { what: "exempt", verdict: "no", words: [exemptWords(packet, config, near, connected)] };
  const rules = Object.entries(config.rule).filter(([, { disable, traffic }]) => !disable && traffic !== "inbound");
  const { steps, taken } = askRules(rules, packet, asked, around);
  if (taken === undefined) return { steps: [free, ...steps], target: { to: "main" } };
  const target = targetOf(taken[1]);
  const by = `rule ${taken[0]}`;
  if (connected === undefined || (target.to !== "uplink" && target.to !== "group"))
    return { steps: [free, ...steps], target, by };
  const words = [`${packet.destination} is in ${connected}: goes by main`];
  return {
    steps: [free, ...steps, { what: "connected", verdict: "match", words }],
    target: { to: "main" },
    aim: target,
    by: "connected",
  };
}

function exemptWords(
  { destination }: Packet,
  { exempt }: Config,
  near: string | undefined,
  connected: string | undefined,
): string {
  if (connected !== undefined) return `${destination} is in no exempt network; it is in ${connected}`;
  if (near !== undefined) return `${destination} is in no exempt network; it is in ${near}, but "exempt connected" is disabled`;
  const none = exempt.destination.length + exempt.source.length === 0;
  return `${destination} is in no ${none ? "" : "exempt or "}connected network`;
}

/** Asks the rules in order until one takes the packet. */
function askRules(
  rules: readonly (readonly [string, Rule])[],
  packet: Packet,
  asked: Asked,
  around: Surroundings,
): { steps: Step[]; taken?: readonly [string, Rule] } {
  const steps: Step[] = [];
  for (const [number, rule] of rules) {
    const step = askRule(number, judgeRule(rule, packet, asked, around));
    const taken = step.verdict === "match";
    steps.push(taken ? { ...step, says: saysOf(rule) } : step);
    if (taken) return { steps, taken: [number, rule] };
  }
  return { steps };
}

function askRule(number: string, findings: readonly Finding[]): Step {
  const what = `rule ${number}`;
  const failed = findings.filter(({ holds }) => holds === false);
  const open = findings.filter(({ holds }) => holds === "unknown");
  const say = (some: readonly Finding[]): string[] => some.map(({ words }) => words);
  if (failed[0] !== undefined) return { what, verdict: "no", words: [failed[0].words], findings, rule: number };
  if (open.length > 0) return { what, verdict: "open", words: say(open), findings, rule: number };
  return { what, verdict: "match", words: findings.length === 0 ? ["everything"] : say(findings), findings, rule: number };
}

function targetOf({ action, set }: Rule): Target {
  if (action === "exempt") return { to: "main" };
  if (action !== "set") return { to: action };
  if (set.uplink !== undefined) return { to: "uplink", uplink: set.uplink };
  if (set.group !== undefined) return { to: "group", group: set.group };
  return { to: "table", table: set.table ?? "main" };
}

function saysOf({ action, set }: Rule): string {
  if (action !== "set") return action;
  const [[what, name] = []] = Object.entries(set);
  return `${what} ${name}`;
}

/** The exempt network that holds one of the ends, in words. */
export function exemption({ exempt }: Config, ends: { readonly to: string; readonly from: string }): string | undefined {
  const held = (list: readonly Prefix[], address: string): string | undefined => {
    const network = list.find((prefix) => prefixHolds(prefix, address));
    return network === undefined ? undefined : formatPrefix(network);
  };
  const to = held(exempt.destination, ends.to);
  if (to !== undefined) return `destination ${ends.to} is in "exempt destination ${to}"`;
  const from = held(exempt.source, ends.from);
  return from === undefined ? undefined : `source ${ends.from} is in "exempt source ${from}"`;
}

/** The exempt or connected network, in words, for which no uplink's table has a way: whatever the rules say, main has the packet. */
export function stays(address: string, family: Family, around: Surroundings): string | undefined {
  const { exempt } = around.config;
  const held = exempt.destination.find((prefix) => prefix.length > 0 && prefixHolds(prefix, address));
  if (held !== undefined) return `"exempt destination ${formatPrefix(held)}"`;
  return exempt.connected === "enable" ? connectedNetwork(address, family, around) : undefined;
}

/** `192.168.1.0/24 (network of eth0)`, when a network of the router's own interfaces holds the address. */
function connectedNetwork(address: string, family: Family, { links }: Surroundings): string | undefined {
  if (family === "ipv6" && /^fe[89ab]/.test(address)) return "fe80::/10 (link-local)";
  for (const link of links) {
    if (link.loopback || link.vrf !== undefined) continue;
    for (const own of link.addresses) {
      if (own.family !== family || own.scope === "link" || own.length === 0) continue;
      const network = parsePrefix(`${own.peer ?? own.address}/${own.length}`);
      if (network !== undefined && prefixHolds(network, address))
        return `${formatPrefix(network)} (${network.length === addressBits(family) ? "address" : "network"} of ${link.name})`;
    }
  }
  return undefined;
}

/** What an interface in a VRF receives is left alone, unless a rule names the interface. */
function vrfOf({ inbound }: Packet, { config, links }: Surroundings): string | undefined {
  const vrf = links.find(({ name }) => name === inbound)?.vrf;
  const named = Object.values(config.rule).some(
    (rule) =>
      !rule.disable &&
      rule["inbound-interface"].some(
        ({ name, wildcard, negate }) => !negate && (wildcard ? inbound?.startsWith(name) === true : inbound === name),
      ),
  );
  return named ? undefined : vrf;
}

/** Whether an address is one of the router's own. */
export function isRouters(address: string, { links }: Pick<Surroundings, "links">): boolean {
  return (
    address.startsWith("127.") || address === "::1" || links.some((link) => link.addresses.some((own) => own.address === address))
  );
}
