import type * as z from "zod/mini";
import { flag, leaf, leafOr, multi, node } from "./fields.ts";
import { groupField } from "./group-schema.ts";
import { BUILT_IN_LOOKUPS, type Lookups } from "./lookups.ts";
import { ruleField } from "./rule-schema.ts";
import { uplinkField } from "./uplink-schema.ts";
import { addressOr, parseNetwork } from "./values/address.ts";
import { parseMarkMask } from "./values/mark.ts";
import { pathBelow } from "./values/name.ts";
import { numberIn } from "./values/number.ts";
import { parsePort } from "./values/port.ts";
import { text, word } from "./values/text.ts";
import { oneOf } from "./values/value.ts";

/** Seconds. */
export const DEFAULT_HOOK_TIMEOUT = 10;

/**
 * The language of `policy-route`: every node, its kind, its values and its default. The router's templates say the same to
 * the router's engine; a test holds both to the same paths.
 */
function policyRouteField(lookups: Lookups) {
  return node({
    description: leaf(text),
    disable: flag(),
    backend: leafOr(oneOf("auto", "iptables", "nftables"), "auto"),
    "mark-mask": leafOr(parseMarkMask, "0x0ff00000"),
    "rule-priority": leafOr(numberIn(1, 32000), "600"),
    exempt: node({
      destination: multi(parseNetwork),
      source: multi(parseNetwork),
      connected: leafOr(oneOf("enable", "disable"), "enable"),
    }),
    hook: leaf(pathBelow("/config/scripts/")),
    "hook-timeout": leafOr(numberIn(1, 300), `${DEFAULT_HOOK_TIMEOUT}`),
    "log-level": leafOr(oneOf("debug", "info", "notice", "warning", "err"), "info"),
    "router-access": node({
      address: leafOr(addressOr([]), "127.0.0.1"),
      port: leafOr(parsePort, "22"),
      user: leafOr(word, "vyos"),
      "private-key": leaf(pathBelow("/")),
      "host-key": leaf(word),
      timeout: leafOr(numberIn(1, 60), "5"),
      disable: flag(),
    }),
    uplink: uplinkField(),
    group: groupField(),
    rule: ruleField(lookups),
  });
}

export type Config = z.output<ReturnType<ReturnType<typeof policyRouteField>["schema"]>>;
export type Uplink = Config["uplink"][string];
export type Group = Config["group"][string];
export type Rule = Config["rule"][string];
export type Source = Rule["source"];
export type Destination = Rule["destination"];
export type Side = Source | Destination;
export type InterfaceMatch = Rule["inbound-interface"][number];

let last: { readonly lookups: Lookups; readonly field: ReturnType<typeof policyRouteField> } | undefined;

/**
 * The language with these names of services and protocols. Built when it is first asked for: not every
 * command reads a configuration. Without `lookups` it is for its paths and kinds, which the names do not change: the
 * last one built will do.
 */
export function policyRoute(lookups: Lookups = last?.lookups ?? BUILT_IN_LOOKUPS): ReturnType<typeof policyRouteField> {
  if (last?.lookups !== lookups) last = { lookups, field: policyRouteField(lookups) };
  return last.field;
}
