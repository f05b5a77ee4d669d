import * as z from "zod/mini";
import { count, family, hex, ifDown, mark, moment, table, text, version, way, ways, word, yes } from "./json-parts.ts";

const route = z.strictObject({
  kind: word(["gateway", "device", "none"], "by a gateway, straight out of a point-to-point line, or no route"),
  gateway: z.optional(text("the one that is used")),
  gateways: z.array(z.string()).check(z.describe("all that the source named")),
  learntFrom: z.optional(
    word(["config", "dhcp-hook", "ppp-hook", "lease-file", "router-cli", "kernel"], "who named it; absent: the configuration"),
  ),
  source: z.optional(text("source address of the route")),
  why: z.optional(text("why there is no route, or what is odd about it")),
  now: way.check(z.describe("where packets marked for the uplink go now")),
});

const health = z.strictObject({
  verdict: word(["up", "down", "unknown"], "of the probes; `unknown` counts as up"),
  since: z.optional(moment("when the verdict was reached")),
  why: z.optional(text("the reason in words")),
  heldUntil: z.optional(moment("it does not come back before that")),
  minimumTargets: count("targets that have to answer"),
  targets: z.array(
    z.strictObject({
      target: text("address, or `gateway`"),
      probe: text("`ping`, `arp`, `tcp 443`, `script /config/scripts/x`"),
      state: word(["ok", "failed", "unknown"], "whether it answers"),
      since: z.optional(moment("when that began")),
      last: z.optional(
        z.strictObject({
          outcome: word(
            ["answered", "failed", "unable"],
            "of the last probe that came out otherwise; `unable`: it could not be made",
          ),
          words: text("`12.3 ms`, `timeout`"),
        }),
      ),
    }),
  ),
});

const uplink = z.strictObject({
  name: text("of the configuration"),
  description: z.optional(text("of the configuration")),
  interface: z.optional(text("of the configuration")),
  state: word(["up", "down", "disabled"], "`up`: its interface is, and there is a route in one family at least"),
  link: word(["up", "no-carrier", "admin-down", "missing", "unknown"], "of the interface"),
  why: z.optional(text("why it is not up")),
  since: z.optional(moment("when the state began, as far as policy-route has seen it")),
  addresses: z.array(z.string()).check(z.describe("`address/length`, without link-local ones")),
  ipv4: route,
  ipv6: route,
  table: z.optional(table),
  mark: z.optional(mark),
  ifDown,
  onlink: yes("`onlink` of the configuration"),
  sourceRule: yes("`source-rule` of the configuration"),
  sourceNat: text("`disable`, `masquerade` or an address"),
  trackInbound: yes("`track-inbound` of the configuration"),
  rules: z.array(z.string()).check(z.describe("enabled rules that name it")),
  health: z.optional(health),
  groups: z.array(z.string()).check(z.describe("groups it is a member of")),
  forced: z.optional(word(["up", "down"], "what the operator said with `force`")),
  connections: z.optional(count("tracked connections that carry its mark, its part in groups included; only in `show uplink`")),
  traffic: z.optional(
    z
      .strictObject({ received: count("bytes"), sent: count("bytes") })
      .check(z.describe("of the whole interface since it is there; only in `show uplink`")),
  ),
});

const group = z.strictObject({
  name: text("of the configuration"),
  description: z.optional(text("of the configuration")),
  state: word(["up", "down", "disabled"], "`up`: at least one member is"),
  mode: word(["failover", "balance"], "of the configuration"),
  now: ways,
  members: z.array(
    z.strictObject({
      uplink: text("name"),
      priority: count("of the configuration"),
      weight: count("of the configuration"),
      state: word(["up", "held", "down", "disabled"], "`held`: up, and has no traffic back yet"),
      why: z.optional(text("why it is not up")),
      heldUntil: z.optional(moment("absent where only the operator lets it go")),
      table: z.optional(table),
      slot: z.optional(count("of connections that left by it")),
    }),
  ),
  failback: word(["immediate", "new-connections", "manual"], "of the configuration"),
  failbackDelay: count("seconds"),
  ifDown,
  table: z.optional(table),
  mark: z.optional(mark),
  rules: z.array(z.string()).check(z.describe("enabled rules that name it")),
});

const rule = z.strictObject({
  number: text("of the configuration"),
  description: z.optional(text("of the configuration")),
  disabled: yes("`disable` of the configuration"),
  traffic: word(["forwarded", "local", "all", "inbound"], "of the configuration"),
  matches: z.array(z.string()).check(z.describe("conditions in words; empty: everything matches")),
  action: word(["set", "exempt", "drop", "prohibit"], "of the configuration"),
  target: text("`uplink dsl`, `group web`, `table 50`, `replies by uplink dsl`, `exempt`, `drop`, `prohibit`"),
  ifDown: z.optional(ifDown),
  log: yes("`log` of the configuration"),
  now: ways,
  newConnections: z.optional(count("first packets that matched; absent where others share the counter")),
  countedWith: z.optional(
    z.array(
      z.strictObject({
        rules: text("`10-900`: they share a set"),
        newConnections: count("first packets that matched any of them"),
      }),
    ),
  ),
  lines: z.optional(
    z
      .array(
        z.strictObject({
          family,
          table: text("of iptables; `policy_route` of nftables"),
          text: text("as iptables-save and nft print it"),
          status: word(["ok", "missing"], "whether the kernel has it"),
          packets: z.optional(count("that matched")),
        }),
      )
      .check(z.describe("what it became in chains")),
  ),
});

const routes = z.strictObject({
  id: count("number"),
  name: text("name for iproute2"),
  owner: text("`uplink dsl`, `group web`, `prohibit`"),
  routes: z.optional(
    z.array(
      z.strictObject({
        family,
        text: text("in the words of `ip route`"),
        status: word(
          ["ok", "missing", "unexpected", "foreign"],
          "`unexpected`: of ours, and should not be there; `foreign`: somebody else's",
        ),
      }),
    ),
  ),
});

const marks = z.strictObject({
  mask: hex("the mark-mask"),
  arrival: hex("the bit of connections that came in by their slot's uplink"),
  slots: z.array(
    z.strictObject({
      slot: count("number"),
      value: hex("its mark"),
      owner: text("`uplink dsl`, `group web`, `member web dsl`, `table 50`, `prohibit`"),
      table: z.optional(text("`510sg (20)`, or as a rule names it")),
    }),
  ),
  lastSlot: count("the highest that can be given"),
  pinnedToMain: z.strictObject({ slot: count("number"), value: hex("its mark") }),
  preferences: z.strictObject({ first: count("of our ip rules"), last: count("of our ip rules") }),
  others: z.array(
    z.strictObject({
      user: z.optional(text("absent: nobody known")),
      in: word(["configuration", "kernel"], "where it was seen"),
      seen: text("in words"),
      preference: z.optional(count("of an ip rule")),
      table: z.optional(count("number")),
      mark: z.optional(
        z
          .string()
          .check(z.regex(/^(0x[0-9a-f]{8}|copied)\/0x[0-9a-f]{8}$/), z.describe("value and mask; `copied` from another mark")),
      ),
    }),
  ),
  collisions: z.array(
    z.strictObject({
      severity: word(["refused", "warning", "note"], "a commit would be refused; packets are affected; none is"),
      message: text("in words"),
    }),
  ),
});

/** The JSON of `show`. Strict: a field that is not here is a change of the format. */
export const SHOWN = z.strictObject({
  version,
  state: word(["active", "disabled", "not-configured"], "of policy routing"),
  source: z
    .union([
      z.strictObject({ from: z.literal("kernel") }),
      z.strictObject({ from: z.literal("saved-state"), at: z.number(), reason: z.string() }),
    ])
    .check(z.describe("the kernel now, or what the last run saved, for those who may not read the kernel's rules")),
  stepsToDo: z.optional(count("steps of `plan`; 0: in sync; absent with the saved state")),
  backend: z.strictObject({
    name: word(["iptables", "nftables"], "what steers"),
    reason: z.optional(text("why it is that one")),
    frontEnd: z.optional(word(["nft", "legacy"], "of iptables")),
  }),
  description: z.optional(text("of the configuration")),
  uplinks: z.optional(z.array(uplink)),
  groups: z.optional(z.array(group)),
  rules: z.optional(z.array(rule)),
  tables: z.optional(z.array(routes)),
  marks: z.optional(marks),
  monitor: z.optional(
    z
      .strictObject({
        running: yes("whether `policy-route monitor` runs"),
        neededFor: z.array(z.string()).check(z.describe("`probes of uplink dsl`")),
      })
      .check(z.describe("absent when the configuration does not need it")),
  ),
  warnings: z.array(z.string()).check(z.describe("one sentence each, beginning with the configuration path")),
});
