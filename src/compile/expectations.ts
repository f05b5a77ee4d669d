import type { Uplink } from "../config/schema.ts";
import type { Expectation } from "../kernel/kernel-state.ts";
import { type Family, parsePrefix, prefixHolds } from "../net/address.ts";
import { type GroupTarget, liveMembers, type MemberTarget } from "./group-targets.ts";
import { type MarkField, slotMark } from "./mark-field.ts";
import { carries, type UplinkTarget } from "./targets.ts";

/** Addresses to ask for, in this order; documentation and public ones, nothing is ever sent to them. */
const WITNESSES: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "8.8.8.8", "1.1.1.1", "100.64.0.1"],
  ipv6: ["2001:db8::1", "2001:db8:ffff::1", "2600::1", "2a00::1", "2400::1", "2001:2::1"],
};

/** What `ip route get` has to answer for the mark of each uplink, group and member. Computed from states, not from the routes the diff compares. */
export function expectations(
  uplinks: readonly UplinkTarget[],
  groups: readonly GroupTarget[],
  family: Family,
  field: MarkField,
  thrown: readonly string[],
): Expectation[] {
  const prefixes = thrown.map(parsePrefix);
  const destination = WITNESSES[family].find(
    (address) => !prefixes.some((prefix) => prefix !== undefined && prefixHolds(prefix, address)),
  );
  if (destination === undefined) return [];
  const asked = (owner: string, slot: number, answer: Answer): Expectation => ({
    family,
    owner,
    fwmark: slotMark(field, slot),
    destination,
    answer,
  });
  return [
    ...uplinks.map((target) => asked(`uplink ${target.name}`, target.slot, uplinkAnswer(target, family))),
    ...groups.flatMap((group) => [
      asked(group.owner, group.slot, groupAnswer(group, family)),
      ...group.members.map((member) => asked(member.owner, member.slot, groupAnswer(group, family, member))),
    ]),
  ];
}

type Answer = Expectation["answer"];

function uplinkAnswer(target: UplinkTarget, family: Family): Answer {
  return carries(target, family) ? { table: target.table } : downAnswer(target.table, target.config["if-down"]);
}

function groupAnswer(group: GroupTarget, family: Family, first?: MemberTarget): Answer {
  const { table } = first ?? group;
  const device = liveMembers(group, family, first)[0]?.state?.interface;
  return device === undefined ? downAnswer(table, group.config["if-down"]) : { table, device };
}

function downAnswer(table: number, ifDown: Uplink["if-down"]): Answer {
  return ifDown === "main" ? { notTable: table } : { refused: ifDown };
}
