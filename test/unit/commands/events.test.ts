import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../../src/commands/events.ts";
import type { Context } from "../../../src/context.ts";
import { countEvents, readEvents, recordEvent, recordEvents } from "../../../src/host/event-log.ts";
import type { Host } from "../../../src/host/host.ts";
import { realHost } from "../../../src/host/real-host.ts";
import { pathsBelow } from "../../../src/paths.ts";

let root: string;
let said: string[];
let out: string;
let context: Context;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "events-"));
  said = [];
  out = "";
  const host: Host = {
    ...realHost({}),
    async run(argv, options) {
      expect(argv).toEqual(["logger", "--tag", "policy-route", "--prio-prefix"]);
      said.push(options?.stdin ?? "");
      return { exitCode: 0, stdout: "", stderr: "" };
    },
  };
  const print = (text: string) => {
    out += text;
  };
  context = { host, paths: pathsBelow(root), env: {}, out: print, err: print };
});
afterEach(() => rmSync(root, { recursive: true }));

test("without the monitor an empty list does not say that nothing happened", async () => {
  await run(context, "events", undefined, {});
  expect(out).toBe("Nothing has happened since the last start\n");
  await context.host.write(context.paths.applied, "set policy-route disable\n");
  out = "";
  await run(context, "events", undefined, {});
  expect(out).toContain("policy-route monitor is not running: what happens between commits is not seen\n");
});

describe("the event log", () => {
  test("has a line per event, as syslog has", async () => {
    await recordEvents(context, [
      { uplink: "dsl", kind: "down", text: "no carrier" },
      { kind: "reconcile-failed", text: "command failed\n  line 6" },
    ]);
    expect(
      readFileSync(context.paths.events, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { at: expect.any(Number), uplink: "dsl", kind: "down", text: "no carrier" },
      { at: expect.any(Number), kind: "reconcile-failed", text: "command failed; line 6" },
    ]);
    expect(said).toEqual(["<28>dsl down: no carrier\n<27>reconcile-failed: command failed; line 6\n"]);
  });

  test("syslog gets what the operator's log-level lets through", async () => {
    await recordEvent(context, { uplink: "dsl", kind: "up", text: "x" }, "warning");
    expect(said).toEqual([]);
    expect(await readEvents(context)).toHaveLength(1);
  });

  test("is bounded: two files of 256 KiB and a line", async () => {
    for (let i = 0; i < 60; i++)
      await recordEvents(
        context,
        Array.from({ length: 200 }, (_, n) => ({ kind: "drift" as const, text: `${i} ${n} ${"x".repeat(60)}` })),
      );
    for (const file of [context.paths.events, `${context.paths.events}.1`]) expect(statSync(file).size).toBeLessThan(300_000);
    const events = await readEvents(context);
    expect(events.at(-1)?.text).toMatch(/^59 199 /);
    expect(events.length).toBeGreaterThan(2000);
    expect(events.length).toBeLessThan(12_000);
    await recordEvent(context, { uplink: "dsl", kind: "up", text: "x" });
    // What was thrown away is counted all the same.
    expect(await countEvents(context)).toMatchObject({ drift: 12_000, up: 1, down: 0 });
  });

  test("that cannot be written is said, and no error", async () => {
    appendFileSync(join(root, "file"), "");
    const broken = { ...context, paths: { ...context.paths, events: join(root, "file", "events.jsonl") } };
    await recordEvent(broken, { kind: "drift", text: "x" });
    expect(said[0]).toMatch(/^<28>drift: x \(not in \S+\/file\/events.jsonl: \w+\)\n$/);
  });
});

describe("show events", () => {
  beforeEach(async () => {
    for (let i = 1; i <= 30; i++) await recordEvent(context, { kind: "drift", text: `number ${i}` });
    appendFileSync(context.paths.events, '{"at":1,"kind":"dri');
  });
  const shown = () => out.match(/number \d+/g) ?? [];

  test.each<[string, Parameters<typeof run>[1], string | undefined, number]>([
    ["the last 20", "events", undefined, 20],
    ["as many as asked for", "events", "3", 3],
    ["log: all", "log", undefined, 30],
  ])("%s", async (_, view, count, number) => {
    expect(await run(context, view, count, {})).toBe(0);
    expect(shown()).toHaveLength(number);
    expect(shown().at(-1)).toBe("number 30");
  });

  test("JSON", async () => {
    await run(context, "events", "1", { json: true });
    expect(JSON.parse(out)).toEqual({ version: 1, events: [{ at: expect.any(Number), kind: "drift", text: "number 30" }] });
  });

  test.each(["x", "0", "-1", "1e3"])("%s is no number of events", async (count) => {
    await expect(run(context, "events", count, {})).rejects.toThrow(
      `show events: "${count}" is not a number of events, 1-999999`,
    );
  });
});
