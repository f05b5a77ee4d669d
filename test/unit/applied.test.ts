import { beforeEach, describe, expect, it } from "vitest";
import { readApplied, saveApplied } from "../../src/applied.ts";
import type { Context } from "../../src/context.ts";
import type { Host } from "../../src/host/host.ts";
import { parseApplied } from "../../src/parse-applied.ts";
import { pathsBelow } from "../../src/paths.ts";
import type { Prepared } from "../../src/prepare.ts";
import { memoryHost } from "./uplink/memory-host.ts";

const TEXT = [
  "exempt destination 192.168.0.0/16",
  "exempt destination 2001:db8::/32",
  "uplink dsl interface eth1",
  "uplink dsl gateway dhcp",
  "uplink dsl health target gateway",
  "rule 10 inbound-interface eth+",
  "rule 10 source address !10.0.0.1-10.0.0.9",
  "rule 10 protocol !tcp",
  "rule 20 protocol tcp_udp",
  "rule 20 destination port !80,8000-8100",
  "rule 20 set uplink dsl",
]
  .map((line) => `set policy-route ${line}\n`)
  .join("");

const COMMIT = { reason: "commit", before: undefined, commits: true };

describe("the applied configuration as values", () => {
  let host: Host;
  let context: Context;
  const paths = pathsBelow("");
  beforeEach(async () => {
    host = { ...memoryHost({}).host, removeFolder: async () => {} };
    context = { host, paths, env: {}, out: () => {}, err: () => {} };
    const settled = { uplinks: [], slots: { assignment: { slots: new Map() } }, warnings: [] } as unknown as Prepared;
    await saveApplied(context, await parseApplied(context, TEXT), settled, COMMIT);
  });

  it("are what the text says", async () => {
    const { config, text } = await readApplied(context);
    expect({ config, text }).toEqual(await parseApplied(context, TEXT));
  });

  it("are read instead of the text", async () => {
    const values = JSON.parse((await host.read(paths.appliedValues)) ?? "");
    await host.write(
      paths.appliedValues,
      JSON.stringify({ ...values, config: { ...values.config, description: "from the values" } }),
    );
    expect((await readApplied(context)).config?.description).toBe("from the values");
  });

  it("count for nothing when they are damaged, of another version, or of another text", async () => {
    const wanted = await parseApplied(context, TEXT);
    const values = JSON.parse((await host.read(paths.appliedValues)) ?? "");
    for (const text of ["", "{", "null", "7", JSON.stringify({ ...values, program: "0.0.0", config: {} })]) {
      await host.write(paths.appliedValues, text);
      expect(await readApplied(context)).toEqual(wanted);
    }
    await host.remove(paths.appliedValues);
    expect(await readApplied(context)).toEqual(wanted);
    await host.write(paths.appliedValues, JSON.stringify(values));
    const other = TEXT.replace("gateway dhcp", "gateway 192.0.2.1");
    await host.write(paths.applied, other);
    expect((await readApplied(context)).config?.uplink["dsl"]?.gateway).toBe("192.0.2.1");
  });

  it("go with the configuration", async () => {
    await saveApplied(context, { config: undefined, text: "" }, {} as Prepared, COMMIT);
    expect(await host.read(paths.appliedValues)).toBeUndefined();
    expect(await readApplied(context)).toEqual({ config: undefined, text: "" });
  });
});
