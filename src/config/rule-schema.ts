import { flag, leaf, leafOr, multi, node, tag } from "./fields.ts";
import type { Lookups } from "./lookups.ts";
import { enableDisable } from "./uplink-schema.ts";
import { parseAddressMatch, parseMacMatch } from "./values/address.ts";
import { ICMP_TYPES, ICMPV6_TYPES, icmpName, parseIcmpType } from "./values/icmp.ts";
import { parseGroupMatch, parseInterfaceMatch, parseInterfaceName, parseSetMatch, tagName } from "./values/name.ts";
import { numberIn, numberKey } from "./values/number.ts";
import { parseLength, parseTcpFlags } from "./values/packet.ts";
import { portMatch } from "./values/port.ts";
import { protocolMatch } from "./values/protocol.ts";
import { parseRate } from "./values/rate.ts";
import { parseTableReference } from "./values/table.ts";
import { text } from "./values/text.ts";
import { parseClock, parseMoment, parseMonthdays, parseWeekdays } from "./values/time.ts";
import { parseDscpMatch, parseTos } from "./values/traffic-class.ts";
import { parseUserMatch } from "./values/user.ts";
import { oneOf } from "./values/value.ts";

/** Of a limit that does not say, as with iptables and nft. */
export const DEFAULT_BURST = 5;

/** What source and destination have in common. */
function sideFields(lookups: Lookups) {
  return {
    address: multi(parseAddressMatch),
    "interface-address": leaf(parseInterfaceName),
    "interface-network": leaf(parseInterfaceName),
    port: leaf(portMatch(lookups)),
    ipset: leaf(parseSetMatch),
    group: node({
      "address-group": leaf(parseGroupMatch),
      "network-group": leaf(parseGroupMatch),
      "ipv6-address-group": leaf(parseGroupMatch),
      "ipv6-network-group": leaf(parseGroupMatch),
      "port-group": leaf(parseGroupMatch),
    }),
  };
}

export function ruleField(lookups: Lookups) {
  return tag(numberKey(1, 9999, "Rule number"), {
    description: leaf(text),
    disable: flag(),
    log: leaf(enableDisable),
    traffic: leafOr(oneOf("forwarded", "local", "all", "inbound"), "forwarded"),
    family: leafOr(oneOf("ipv4", "ipv6", "both"), "both"),
    "inbound-interface": multi(parseInterfaceMatch),
    protocol: leaf(protocolMatch(lookups)),
    source: node({ ...sideFields(lookups), "mac-address": leaf(parseMacMatch) }),
    destination: node(sideFields(lookups)),
    user: leaf(parseUserMatch),
    "user-group": leaf(parseUserMatch),
    state: node({
      new: leaf(enableDisable),
      established: leaf(enableDisable),
      related: leaf(enableDisable),
      invalid: leaf(enableDisable),
    }),
    dscp: leaf(parseDscpMatch),
    tos: leaf(parseTos),
    icmp: node({ type: leaf(parseIcmpType), code: leaf(numberIn(0, 255)), "type-name": leaf(icmpName(ICMP_TYPES)) }),
    icmpv6: node({ type: leaf(numberIn(0, 255)), "type-name": leaf(icmpName(ICMPV6_TYPES)) }),
    tcp: node({ flags: leaf(parseTcpFlags) }),
    fragment: leaf(oneOf("match-frag", "match-non-frag")),
    "packet-length": leaf(parseLength),
    limit: node({ rate: leaf(parseRate), burst: leaf(numberIn(1, 10_000)) }),
    time: node({
      startdate: leaf(parseMoment),
      stopdate: leaf(parseMoment),
      starttime: leaf(parseClock),
      stoptime: leaf(parseClock),
      weekdays: leaf(parseWeekdays),
      monthdays: leaf(parseMonthdays),
      utc: flag(),
    }),
    ipsec: leaf(oneOf("match-ipsec", "match-none")),
    action: leafOr(oneOf("set", "exempt", "drop", "prohibit"), "set"),
    set: node({
      uplink: leaf(tagName("uplink")),
      group: leaf(tagName("group")),
      table: leaf(parseTableReference),
      "reply-uplink": leaf(tagName("uplink")),
    }),
  });
}
