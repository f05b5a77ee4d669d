import * as z from "zod/mini";
import { EVENT_KINDS } from "../uplink/event.ts";
import { count, family, hex, text, version, ways, word, yes } from "./json-parts.ts";
import { SHOWN } from "./json-shown.ts";

const steps = z
  .array(
    z.union([
      z.strictObject({
        do: z.literal("run"),
        why: z.string(),
        argv: z.array(z.string()),
        stdin: z.optional(z.string()),
        tolerate: z.optional(z.array(z.int())),
      }),
      z.strictObject({ do: z.literal("write"), why: z.string(), path: z.string(), text: z.string() }),
      z.strictObject({ do: z.literal("sysctl"), why: z.string(), key: z.string(), value: z.string() }),
      z.strictObject({ do: z.literal("remove"), why: z.string(), path: z.string() }),
    ]),
  )
  .check(z.describe("in their order: a program with its standard input and exit codes that are no failure, a file, a sysctl"));

const PLAN = z.strictObject({
  version,
  inSync: yes("there is nothing to do"),
  warnings: z.array(z.string()),
  steps,
});

/** The plan from a kernel that holds nothing of ours. */
const COMMANDS = z.strictObject({ version, warnings: z.array(z.string()), steps });

const EVENTS = z.strictObject({
  version,
  events: z
    .array(
      z.strictObject({
        at: z.number().check(z.describe("milliseconds since the epoch")),
        kind: word(EVENT_KINDS, "`drift`: somebody else changed what is ours"),
        uplink: z.optional(text("of `group`: the member that is used now")),
        group: z.optional(text("name")),
        family: z.optional(family),
        text: text("one line in words"),
      }),
    )
    .check(z.describe("oldest first")),
});

const WHAT_IF = z.strictObject({
  version,
  changes: z.array(z.strictObject({ uplink: text("name"), to: word(["up", "down"], "what is imagined of its line") })),
  uplinks: z.array(
    z.strictObject({
      name: text("of the configuration"),
      now: word(["up", "down", "disabled"], "as it is"),
      after: word(["up", "down", "disabled"], "as it would be"),
    }),
  ),
  groups: z.array(z.strictObject({ name: text("of the configuration"), now: ways, after: ways })),
  rules: z.array(
    z.strictObject({
      number: text("of the configuration"),
      disabled: yes("`disable` of the configuration"),
      traffic: word(["forwarded", "local", "all", "inbound"], "of the configuration"),
      matches: z.array(z.string()).check(z.describe("conditions in words")),
      target: text("as in `show`"),
      now: ways,
      after: ways,
    }),
  ),
  notes: z.array(z.string()).check(z.describe("who goes with whom, what stays down and why, who is held back")),
});

const end = z.strictObject({ address: text("of that end"), port: z.optional(count("of TCP, UDP and their like")) });

const CONNECTIONS = z.strictObject({
  version,
  uplink: z.optional(text("only of this one")),
  from: word(["conntrack", "/proc/net/nf_conntrack"], "who told"),
  connections: z.array(
    z.strictObject({
      owner: text("whose mark it carries: `uplink dsl`, `member web dsl`, `table 50`, `prohibit`, `main` (it stays there)"),
      direction: word(["in", "out"], "`in`: it came in by that uplink"),
      mark: hex("the whole connection mark"),
      family,
      protocol: text("as the kernel calls it"),
      state: z.optional(text("of TCP and its like")),
      unreplied: yes("nobody has answered"),
      source: end,
      destination: end,
      translatedTo: z.optional(text("source NAT")),
      expires: z.optional(count("seconds")),
    }),
  ),
});

const TEST = z.strictObject({
  version,
  uplink: text("name"),
  interface: text("of the configuration"),
  minimumTargets: count("targets that have to answer"),
  targets: z.array(
    z.strictObject({
      target: text("address, or `gateway`"),
      type: text("of the probe"),
      address: z.optional(text("that was asked; absent: there was nothing to ask")),
      outcome: word(["answered", "failed", "unable"], "`unable`: it could not be made"),
      words: text("`12.3 ms`, `timeout`"),
    }),
  ),
});

/** Every JSON this program prints, by the command that prints it. docs/json.md is made from this, and tests hold the program to it. */
export const JSON_FORMATS = {
  show: SHOWN,
  plan: PLAN,
  commands: COMMANDS,
  "show events": EVENTS,
  "show connections": CONNECTIONS,
  "what-if": WHAT_IF,
  "test uplink": TEST,
} as const;
