import type { Expectation } from "../kernel/kernel-state.ts";
import { type Family, parsePrefix, prefixHolds } from "../net/address.ts";
import { type MarkField, slotMark } from "./mark-field.ts";
import { carries, type UplinkTarget } from "./targets.ts";

/** Addresses to ask for, in this order; documentation and public ones, nothing is ever sent to them. */
const WITNESSES: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "8.8.8.8", "1.1.1.1", "100.64.0.1"],
  ipv6: ["2001:db8::1", "2001:db8:ffff::1", "2600::1", "2a00::1", "2400::1", "2001:2::1"],
};

/** What `ip route get` has to answer for each uplink's mark. Computed from states, not from the routes the diff compares. */
export function expectations(
  targets: readonly UplinkTarget[],
  family: Family,
  field: MarkField,
  thrown: readonly string[],
): Expectation[] {
  const prefixes = thrown.map(parsePrefix);
  const destination = WITNESSES[family].find(
    (address) => !prefixes.some((prefix) => prefix !== undefined && prefixHolds(prefix, address)),
  );
  if (destination === undefined) return [];
  return targets.map((target) => ({
    family,
    owner: `uplink ${target.name}`,
    fwmark: slotMark(field, target.slot),
    destination,
    answer: answerOf(target, family),
  }));
}

function answerOf(target: UplinkTarget, family: Family): Expectation["answer"] {
  if (carries(target, family)) return { table: target.table };
  const ifDown = target.config["if-down"];
  return ifDown === "main" ? { notTable: target.table } : { refused: ifDown };
}
