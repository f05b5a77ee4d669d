import type { Check } from "./check.ts";
import type { FirewallGroupKind, Known } from "./check-context.ts";
import { checkRuleLimit } from "./check-rule-limit.ts";
import { checkRuleTime } from "./check-rule-time.ts";
import { checkInterfaceExists } from "./check-uplink-way.ts";
import { familyConflict } from "./rule-families.ts";
import type { Rule, Side } from "./schema.ts";
import type { ProtocolMatch } from "./values/protocol.ts";
import type { UserMatch } from "./values/user.ts";

/** IP protocols with ports that iptables' multiport knows: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS = [6, 17, 33, 132, 136];
const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;

/** What a rule looks at. */
export function checkRuleMatches(check: Check, path: readonly string[], rule: Rule): void {
  if (
    (usesPort(rule.source) || usesPort(rule.destination)) &&
    !hasPorts(rule.protocol) &&
    !check.isBroken([...path, "protocol"])
  ) {
    check.error(path, "port needs protocol tcp, udp, tcp_udp, sctp, dccp or udplite");
  }
  checkIcmp(check, path, rule);
  if (rule.tcp.flags !== undefined && !isProtocol(rule.protocol, TCP) && !check.isBroken([...path, "protocol"]))
    check.error(path, "tcp flags needs protocol tcp");
  if (rule.fragment === "match-frag")
    check.error(
      path,
      "fragment match-frag can never match: fragments are put together before rules look at the packet; leave it out",
    );
  const conflict = familyConflict(rule);
  if (conflict !== undefined) check.error(path, conflict);
  checkTraffic(check, path, rule);
  if (rule.state.established === "enable") {
    check.error(
      path,
      "state established can never match: rules look at the first packet of a connection; leave it out, the rest of a connection goes its way",
    );
  }
  checkRuleTime(check, path, rule);
  checkRuleLimit(check, path, rule);
  checkUser(check, path, "user", rule.user, check.context.users);
  checkUser(check, path, "user-group", rule["user-group"], check.context.userGroups);
  checkSide(check, path, rule.source);
  checkSide(check, path, rule.destination);
  for (const { name, negate, wildcard } of rule["inbound-interface"])
    if (!negate && !wildcard) checkInterfaceExists(check, path, name);
}

function checkIcmp(check: Check, path: readonly string[], { protocol, icmp, icmpv6 }: Rule): void {
  const broken = check.isBroken([...path, "protocol"]);
  if (Object.keys(icmp).length > 0 && !broken && !isProtocol(protocol, ICMP)) check.error(path, "icmp needs protocol icmp");
  if (Object.keys(icmpv6).length > 0 && !broken && !isProtocol(protocol, ICMPV6))
    check.error(path, "icmpv6 needs protocol icmpv6");
  for (const [name, node] of [["icmp", icmp] as const, ["icmpv6", icmpv6] as const]) {
    if (node.type !== undefined && node["type-name"] !== undefined)
      check.error(path, `only one of ${name} type and type-name; delete the other`);
  }
  if (icmp.code !== undefined && icmp.type === undefined && icmp["type-name"] === undefined && !check.isBroken([...path, "icmp"]))
    check.error(path, "icmp code needs icmp type: a code means something else with each type");
}

function checkSide(check: Check, path: readonly string[], side: Side): void {
  const { "interface-address": address, "interface-network": network, group } = side;
  if (address !== undefined) checkInterfaceAddress(check, path, address);
  if (network !== undefined) checkInterfaceAddress(check, path, network);
  checkSet(check, path, side);
  const { firewallGroups } = check.context;
  if (firewallGroups === undefined) return;
  for (const [kind, { name }] of Object.entries(group)) {
    if (firewallGroups.get(kind as FirewallGroupKind)?.has(name) !== true)
      check.error(path, `firewall ${kind} "${name}" does not exist; "set firewall group ${kind} ${name}" makes it`);
  }
}

/** Sets of one dimension that hold addresses. */
export const ADDRESS_SETS: readonly string[] = ["hash:ip", "hash:net", "bitmap:ip"];

function checkSet({ context: { sets }, error }: Check, path: readonly string[], { ipset }: Side): void {
  if (ipset === undefined || sets === undefined) return;
  const found = sets.get(ipset.name);
  if (found === undefined) error(path, `ipset "${ipset.name}" does not exist; make it before the commit ("ipset create")`);
  else if (!ADDRESS_SETS.includes(found.type))
    error(path, `ipset "${ipset.name}" is of type ${found.type}: it has to hold addresses alone (${ADDRESS_SETS.join(", ")})`);
}

/** The addresses are looked up at the commit: without one the rule is in the kernel, and takes nothing. */
function checkInterfaceAddress(check: Check, path: readonly string[], name: string): void {
  checkInterfaceExists(check, path, name);
  if (!check.interfaces.exists(name) || check.interfaces.addresses(name).some(({ address }) => !address.startsWith("fe80:")))
    return;
  check.warn(path, `matches nothing: ${name} has no address. Commit again, or "restart policy-route", when it has one`);
}

function usesPort({ port, group }: Side): boolean {
  return port !== undefined || group["port-group"] !== undefined;
}

function hasPorts(protocol: ProtocolMatch | undefined): boolean {
  if (protocol === undefined || protocol.negate) return false;
  return protocol.value === "tcp_udp" || WITH_PORTS.some((number) => number === protocol.value);
}

function isProtocol(protocol: ProtocolMatch | undefined, number: number): boolean {
  return protocol?.value === number && !protocol.negate;
}

/** Conditions that some traffic can never meet: the router's own came in by no interface, forwarded traffic has no user. */
function checkTraffic(check: Check, path: readonly string[], rule: Rule): void {
  const { traffic } = rule;
  if (rule.user !== undefined && traffic !== "local" && traffic !== "all")
    check.error(path, 'user can only match what the router makes: set "traffic local" or "traffic all"');
  if (rule["user-group"] !== undefined && traffic !== "local" && traffic !== "all") {
    check.error(path, 'user-group can only match what the router makes: set "traffic local" or "traffic all"');
  }
  if (traffic === "all") {
    for (const leaf of ["user", "user-group"] as const) {
      if (rule[leaf] !== undefined)
        check.warn(path, `${leaf} says who made it: of traffic all only what the router makes can match, as with traffic local`);
    }
    if (rule.source["mac-address"] !== undefined)
      check.warn(
        path,
        "mac-address says who sent it: of traffic all only what is forwarded can match, as with traffic forwarded",
      );
  }
  if (traffic !== "local") return;
  if (rule.source["mac-address"] !== undefined)
    check.error(path, "mac-address cannot match traffic local: what the router makes has no sender; use traffic forwarded");
  if (rule["inbound-interface"].length > 0)
    check.error(
      path,
      "inbound-interface cannot match traffic local: what the router makes came in nowhere; use traffic forwarded",
    );
}

function checkUser(
  check: Check,
  path: readonly string[],
  leaf: string,
  user: UserMatch | undefined,
  known: Known | undefined,
): void {
  if (user?.name === undefined || known === undefined || known.has(user.name)) return;
  check.error(path, `${leaf} "${user.name}" does not exist on this router; name one that does, or an id`);
}
