import { hex32 } from "../net/fwmark.ts";
import type { Target } from "./decide.ts";
import type { Marked } from "./explanation.ts";
import type { End } from "./follow.ts";
import type { Packet } from "./packet.ts";
import type { Sighted } from "./sighted.ts";

/** The default table of a slot (docs/configure.md, `table`). */
const FIRST_TABLE = 2000;
const MAIN = 254;

/**
 * The marks that a packet with this target may get: of a balanced group one of each member that is in use, else one. `connected`: it
 * goes to a connected network, which these tables leave to main.
 */
export function marksOf(target: Target, end: End, connected: boolean, packet: Packet, sight: Sighted): Marked[] {
  const owners = ownersOf(target, end, sight);
  return owners.flatMap((owner) => {
    const slot = sight.slots.get(owner);
    return slot === undefined ? [] : [describe(owner, slot, connected, packet, sight)];
  });
}

function ownersOf(target: Target, end: End, { config }: Sighted): string[] {
  switch (target.to) {
    case "uplink":
      return [`uplink ${target.uplink}`];
    case "group": {
      // By the address it is sent from it may leave by a line that is no member.
      const balanced = config.group[target.group]?.mode === "balance" && end.to === "uplinks" && end.bySource !== true;
      return balanced ? end.ways.map((name) => `member ${target.group} ${name}`) : [`group ${target.group}`];
    }
    case "table":
      return [`table ${target.table}`];
    case "prohibit":
      return ["prohibit"];
    default:
      return [];
  }
}

function describe(owner: string, slot: number, connected: boolean, packet: Packet, sight: Sighted): Marked {
  const { value, mask } = slotValue(sight.config["mark-mask"], slot);
  const rule = sight.kernel?.ipRules.find(
    ({ family, fwmark }) => family === packet.family && fwmark?.value === value && fwmark.mask === mask,
  );
  const table = tableOf(owner, slot, sight, rule?.action);
  const route = connected ? "nothing for connected networks (throw): goes on to main" : defaultRoute(table.id, packet, sight);
  return {
    owner,
    slot,
    value: hex32(value),
    mask: hex32(mask),
    table,
    ...(rule === undefined ? {} : { preference: rule.preference }),
    ...(route === undefined ? {} : { route }),
  };
}

/** The slot is in the lower bits of the mark's field, whose highest says "came in by it". */
export function slotValue(mask: number, slot: number): { readonly value: number; readonly mask: number } {
  const unit = (mask & -mask) >>> 0;
  return { value: (slot * unit) >>> 0, mask: mask >>> 0 };
}

function tableOf(owner: string, slot: number, { config }: Sighted, action: object | string | undefined): Marked["table"] {
  const looked =
    typeof action === "object" && "lookup" in action && typeof action.lookup === "number" ? action.lookup : undefined;
  const [kind, name = "", member] = owner.split(" ");
  if (kind === "uplink") {
    const uplink = config.uplink[name];
    return { id: looked ?? uplink?.table ?? FIRST_TABLE + slot, name: uplink?.["table-name"] ?? name };
  }
  if (kind === "table") return { id: looked ?? (name === "main" ? MAIN : Number(name) || 0), name };
  return {
    id: looked ?? FIRST_TABLE + slot,
    name: member === undefined ? (name === "" ? "prohibit" : name) : `${name}.${member}`,
  };
}

/** The default that the kernel would take: the lowest metric that is not over a dead line. */
function defaultRoute(table: number, { family }: Packet, { kernel, links }: Sighted): string | undefined {
  const [route] = (kernel?.routes ?? [])
    .filter((one) => one.family === family && one.table === table && one.prefix === "default")
    .filter(({ device }) => device === undefined || links.some(({ name, up, carrier }) => name === device && up && carrier))
    .sort((a, b) => a.metric - b.metric);
  if (route === undefined) return undefined;
  if (route.type !== "unicast") return `${route.type} default`;
  const via = route.gateway === undefined ? "" : ` via ${route.gateway}`;
  return `default${via} dev ${route.device}${route.metric === 0 ? "" : ` metric ${route.metric}`}`;
}
