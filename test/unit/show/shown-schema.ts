import * as z from "zod/mini";

/** The JSON of `show`, version 1, as docs/show.md describes it. Strict: a field that is not here is a change of the format. */

const way = z.union([
  z.strictObject({ to: z.literal("uplink"), uplink: z.string() }),
  z.strictObject({ to: z.literal("uplinks"), uplinks: z.array(z.string()) }),
  z.strictObject({ to: z.literal("table"), table: z.string() }),
  z.strictObject({ to: z.enum(["main", "prohibit", "unreachable", "blackhole", "drop", "not-applied"]) }),
]);

const route = z.strictObject({
  kind: z.enum(["gateway", "device", "none"]),
  gateway: z.optional(z.string()),
  gateways: z.array(z.string()),
  learntFrom: z.optional(z.enum(["config", "dhcp-hook", "ppp-hook", "lease-file", "router-cli", "kernel"])),
  source: z.optional(z.string()),
  why: z.optional(z.string()),
  now: way,
});

const hex = z.string().check(z.regex(/^0x[0-9a-f]{8}$/));
const ifDown = z.enum(["main", "prohibit", "unreachable", "blackhole"]);
const count = z.int().check(z.gte(0));
const family = z.enum(["ipv4", "ipv6"]);

const since = z.optional(z.number());

const health = z.strictObject({
  verdict: z.enum(["up", "down", "unknown"]),
  since,
  why: z.optional(z.string()),
  heldUntil: since,
  minimumTargets: count,
  targets: z.array(
    z.strictObject({
      target: z.string(),
      probe: z.string(),
      state: z.enum(["ok", "failed", "unknown"]),
      since,
      last: z.optional(z.strictObject({ outcome: z.enum(["answered", "failed", "unable"]), words: z.string() })),
    }),
  ),
});

const uplink = z.strictObject({
  name: z.string(),
  description: z.optional(z.string()),
  interface: z.optional(z.string()),
  state: z.enum(["up", "down", "disabled"]),
  link: z.enum(["up", "no-carrier", "admin-down", "missing", "unknown"]),
  why: z.optional(z.string()),
  addresses: z.array(z.string()),
  ipv4: route,
  ipv6: route,
  table: z.optional(z.strictObject({ id: count, name: z.string() })),
  mark: z.optional(z.strictObject({ slot: count, value: hex, mask: hex })),
  ifDown,
  onlink: z.boolean(),
  sourceRule: z.boolean(),
  sourceNat: z.string(),
  trackInbound: z.boolean(),
  rules: z.array(z.string()),
  health: z.optional(health),
  groups: z.array(z.string()),
  forced: z.optional(z.enum(["up", "down"])),
  connections: z.optional(count),
});

const numbered = z.strictObject({ id: count, name: z.string() });

const group = z.strictObject({
  name: z.string(),
  description: z.optional(z.string()),
  state: z.enum(["up", "down", "disabled"]),
  mode: z.enum(["failover", "balance"]),
  now: z.strictObject({ ipv4: z.optional(way), ipv6: z.optional(way) }),
  members: z.array(
    z.strictObject({
      uplink: z.string(),
      priority: count,
      weight: count,
      state: z.enum(["up", "held", "down", "disabled"]),
      why: z.optional(z.string()),
      heldUntil: z.optional(z.number()),
      table: z.optional(numbered),
      slot: z.optional(count),
    }),
  ),
  failback: z.enum(["immediate", "new-connections", "manual"]),
  failbackDelay: count,
  ifDown,
  table: z.optional(numbered),
  mark: z.optional(z.strictObject({ slot: count, value: hex, mask: hex })),
  rules: z.array(z.string()),
});

const rule = z.strictObject({
  number: z.string(),
  description: z.optional(z.string()),
  disabled: z.boolean(),
  traffic: z.enum(["forwarded", "local", "all"]),
  matches: z.array(z.string()),
  action: z.enum(["set", "exempt", "drop", "prohibit"]),
  target: z.string(),
  ifDown: z.optional(ifDown),
  log: z.boolean(),
  now: z.strictObject({ ipv4: z.optional(way), ipv6: z.optional(way) }),
  newConnections: z.optional(count),
  countedWith: z.optional(z.array(z.strictObject({ rules: z.string(), newConnections: count }))),
  lines: z.optional(
    z.array(
      z.strictObject({
        family,
        table: z.string(),
        text: z.string(),
        status: z.enum(["ok", "missing"]),
        packets: z.optional(count),
      }),
    ),
  ),
});

const table = z.strictObject({
  id: count,
  name: z.string(),
  owner: z.string(),
  routes: z.optional(
    z.array(z.strictObject({ family, text: z.string(), status: z.enum(["ok", "missing", "unexpected", "foreign"]) })),
  ),
});

const marks = z.strictObject({
  mask: hex,
  arrival: hex,
  slots: z.array(z.strictObject({ slot: count, value: hex, owner: z.string(), table: z.optional(z.string()) })),
  lastSlot: count,
  pinnedToMain: z.strictObject({ slot: count, value: hex }),
  preferences: z.strictObject({ first: count, last: count }),
  others: z.array(
    z.strictObject({
      user: z.optional(z.string()),
      in: z.enum(["configuration", "kernel"]),
      seen: z.string(),
      preference: z.optional(count),
      table: z.optional(count),
      mark: z.optional(z.string().check(z.regex(/^(0x[0-9a-f]{8}|copied)\/0x[0-9a-f]{8}$/))),
    }),
  ),
  collisions: z.array(z.strictObject({ severity: z.enum(["refused", "warning", "note"]), message: z.string() })),
});

export const SHOWN = z.strictObject({
  version: z.literal(1),
  state: z.enum(["active", "disabled", "not-configured"]),
  source: z.union([
    z.strictObject({ from: z.literal("kernel") }),
    z.strictObject({ from: z.literal("saved-state"), at: count, reason: z.string() }),
  ]),
  stepsToDo: z.optional(count),
  backend: z.strictObject({
    name: z.enum(["iptables", "nftables"]),
    reason: z.optional(z.string()),
    frontEnd: z.optional(z.enum(["nft", "legacy"])),
  }),
  description: z.optional(z.string()),
  uplinks: z.optional(z.array(uplink)),
  groups: z.optional(z.array(group)),
  rules: z.optional(z.array(rule)),
  tables: z.optional(z.array(table)),
  marks: z.optional(marks),
  warnings: z.array(z.string()),
});
