import * as z from "zod/mini";

/** Parts of the JSON formats. A description is what docs/json.md says of a field. */
export const text = (meaning: string) => z.string().check(z.describe(meaning));
export const yes = (meaning: string) => z.boolean().check(z.describe(meaning));
export const count = (meaning: string) => z.int().check(z.gte(0), z.describe(meaning));
/** Seconds since the epoch, with a fraction where one is known. */
export const moment = (meaning: string) => z.number().check(z.describe(`${meaning} (seconds since the epoch)`));
export const word = <const T extends readonly string[]>(words: T, meaning: string) => z.enum(words).check(z.describe(meaning));
export const version = z
  .literal(1)
  .check(z.describe("goes up when a field changes its meaning or goes away; new fields may appear"));

export const hex = (meaning: string) =>
  z.string().check(z.regex(/^0x[0-9a-f]{8}$/), z.describe(`${meaning}, \`0x\` and eight digits`));
export const family = z.enum(["ipv4", "ipv6"]).check(z.describe("`ipv4` or `ipv6`"));
export const ifDown = word(["main", "prohibit", "unreachable", "blackhole"], "what happens to packets while it is down");

/** Where packets go at a moment. */
export const way = z.union([
  z.strictObject({ to: z.literal("uplink"), uplink: z.string() }),
  z.strictObject({ to: z.literal("uplinks"), uplinks: z.array(z.string()) }),
  z.strictObject({ to: z.literal("table"), table: z.string() }),
  z.strictObject({ to: z.enum(["main", "prohibit", "unreachable", "blackhole", "drop", "not-applied"]) }),
]);
export const ways = z
  .strictObject({ ipv4: z.optional(way), ipv6: z.optional(way) })
  .check(z.describe("a way for each family; one is absent where nothing can match in it"));

export const table = z
  .strictObject({ id: count("number"), name: text("name for iproute2") })
  .check(z.describe("its routing table"));
export const mark = z
  .strictObject({
    slot: count("1-126 with the default mark-mask"),
    value: hex("mark of its packets"),
    mask: hex("the mark-mask"),
  })
  .check(z.describe("absent while it has no slot"));
