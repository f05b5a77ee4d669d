import * as z from "zod/mini";
import { count, family, hex, table, text, version, word, yes } from "./json-parts.ts";

/** What happens to a packet in the end. */
const end = z
  .union([
    z.strictObject({
      to: z.literal("uplinks"),
      ways: z.array(z.string()).check(z.describe("chance chooses one")),
      bySource: z.optional(z.literal(true).check(z.describe("no rule's doing: it is sent from that line's address"))),
    }),
    z.strictObject({ to: z.literal("table"), table: z.string() }),
    z.strictObject({ to: z.enum(["main", "drop", "prohibit", "unreachable", "blackhole", "router"]) }),
  ])
  .check(z.describe("`to`, and of uplinks their names"));

const PACKET = z.strictObject({
  family,
  inbound: z.optional(text("interface; absent: the router makes it")),
  source: text("address"),
  destination: text("address"),
  protocol: z.optional(count("number")),
  sourcePort: z.optional(count("1-65535")),
  destinationPort: z.optional(count("1-65535")),
  icmpType: z.optional(count("0-255")),
  icmpCode: z.optional(count("0-255")),
  mac: z.optional(text("of the sender")),
  user: z.optional(count("id")),
  userGroup: z.optional(count("id")),
  tos: z.optional(count("0-255")),
  tcpFlags: z.optional(z.array(z.string())),
  length: z.optional(count("bytes")),
  at: z.optional(count("when it comes, seconds since the epoch")),
  ipsec: z.optional(yes("IPsec brought it, or will take it away")),
  state: word(["new", "related", "invalid"], "of connection tracking"),
});

const STEP = z.strictObject({
  what: text("`exempt`, `rule 10`, `connected`, `track-inbound`, `own address`"),
  verdict: word(["match", "no", "open"], "`open`: too little is known"),
  words: z.array(z.string()).check(z.describe("why")),
  rule: z.optional(text("its number")),
  says: z.optional(text("of a rule that matches: `uplink dsl`")),
  findings: z.optional(
    z
      .array(z.strictObject({ holds: z.union([z.boolean(), z.literal("unknown")]), words: z.string() }))
      .check(z.describe("each condition")),
  ),
});

/** What `explain --json` prints when something is configured. */
export const EXPLANATION = z.strictObject({
  version,
  packet: PACKET,
  kernelRead: yes("ip rules and tables could be read"),
  assumed: z.array(z.string()).check(z.describe("what was taken for granted")),
  steps: z.array(STEP).check(z.describe("in order, up to what decided")),
  decidedBy: z.optional(text("`what` of the step; absent: nothing took it")),
  target: text("`uplink dsl`, `group web`, `table 50`, `main`, `drop`, `prohibit`, `router`"),
  marked: z.array(
    z.strictObject({
      owner: text("`uplink dsl`, `member web dsl`"),
      slot: count("of the mark"),
      value: hex("mark"),
      mask: hex("the mark-mask"),
      table,
      preference: z.optional(count("of the ip rule")),
      route: z.optional(text("the default that is used there")),
    }),
  ),
  sourceNat: z.optional(text("`masquerade`, or an address")),
  end,
  leaves: z.array(z.strictObject({ uplink: z.string(), interface: z.string(), gateway: z.optional(z.string()) })),
  replies: z.optional(z.strictObject({ end, by: text("`what` of the step") }).check(z.describe("where answers leave"))),
  ifFails: z.array(
    z.strictObject({ uplink: text("that would fail"), end, why: z.optional(text("where no other line takes it over")) }),
  ),
  kernel: z.optional(
    z.strictObject({
      agrees: yes("the kernel's routing says the same"),
      asked: z.array(z.strictObject({ command: z.string(), answer: z.string() })),
      main: z.optional(text("main's way")),
      mainBy: z.optional(text("who installed that route: `BGP`, `static`; absent when the kernel or somebody by hand did")),
      disagreements: z.array(z.string()),
    }),
  ),
  connection: z.optional(
    z.strictObject({
      text: text("its ends"),
      mark: hex("its connection mark"),
      owner: z.optional(text("whose slot it has")),
      cameIn: yes("it came in by that uplink"),
      agrees: yes("a new one would be steered the same"),
    }),
  ),
  hints: z.array(z.string()),
});
