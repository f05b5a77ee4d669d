import { flag, leaf, leafOr, optionalNode, tag } from "./fields.ts";
import { addressOr, parseMac } from "./values/address.ts";
import { parseMarkSlot } from "./values/mark.ts";
import { parseInterfaceName, parseTableName, pathBelow, tagName } from "./values/name.ts";
import { numberIn } from "./values/number.ts";
import { parsePort } from "./values/port.ts";
import { parseTableNumber } from "./values/table.ts";
import { text } from "./values/text.ts";
import { oneOf } from "./values/value.ts";

export const enableDisable = oneOf("enable", "disable");
/** Where steered traffic goes when its way is down; all but `main` are kill switches. */
export const ifDown = oneOf("main", "prohibit", "unreachable", "blackhole");

export function uplinkField() {
  return tag(tagName("uplink"), {
    description: leaf(text),
    disable: flag(),
    interface: leaf(parseInterfaceName),
    gateway: leaf(addressOr(["dhcp", "ppp", "none"], "ipv4")),
    gateway6: leaf(addressOr(["ra", "none"], "ipv6")),
    "gateway-mac": leaf(parseMac),
    onlink: flag(),
    "source-address": leafOr(addressOr(["auto", "none"]), "auto"),
    table: leaf(parseTableNumber),
    "table-name": leaf(parseTableName),
    mark: leaf(parseMarkSlot),
    "source-rule": leafOr(enableDisable, "enable"),
    "source-nat": leafOr(addressOr(["disable", "masquerade"]), "disable"),
    "track-inbound": leafOr(enableDisable, "enable"),
    "source-validation": leafOr(oneOf("auto", "strict", "loose", "disable"), "auto"),
    "log-martians": leafOr(enableDisable, "disable"),
    "if-down": leafOr(ifDown, "main"),
    "flush-connections": leafOr(oneOf("auto", "never", "on-down", "both"), "auto"),
    health: optionalNode({
      target: tag(addressOr(["gateway"]), {
        type: leafOr(oneOf("ping", "arp", "tcp", "script"), "ping"),
        port: leaf(parsePort),
        script: leaf(pathBelow("/config/scripts/")),
      }),
      "minimum-targets": leafOr(numberIn(1, 16), "1"),
      interval: leafOr(numberIn(1, 3600), "3"),
      timeout: leafOr(numberIn(1, 60), "1"),
      "failure-count": leafOr(numberIn(1, 100), "3"),
      "success-count": leafOr(numberIn(1, 100), "3"),
      "hold-down": leafOr(numberIn(0, 3600), "10"),
    }),
  });
}
