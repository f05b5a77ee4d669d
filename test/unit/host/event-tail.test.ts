import { appendFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventTail } from "../../../src/host/event-tail.ts";

let dir: string;
let log: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "policy-route-tail-"));
  log = join(dir, "events.jsonl");
});
afterEach(() => rmSync(dir, { recursive: true }));

const line = (text: string): string => `${JSON.stringify({ at: 1, uplink: "dsl", kind: "down", text })}\n`;
const texts = async (tail: EventTail): Promise<string[]> => (await tail.read()).map(({ text }) => text);

test("gives what is added, each line once and whole", async () => {
  appendFileSync(log, line("old"));
  const tail = await EventTail.follow(log);
  expect(await texts(tail)).toEqual([]);
  appendFileSync(log, line("one") + line("tw\u00f6").slice(0, 30));
  expect(await texts(tail)).toEqual(["one"]);
  appendFileSync(log, line("tw\u00f6").slice(30));
  expect(await texts(tail)).toEqual(["tw\u00f6"]);
  appendFileSync(log, `damaged\n${line("three")}`);
  expect(await texts(tail)).toEqual(["three"]);
  await tail.close();
});

test("follows a log that comes later, and one that is begun anew, without losing the end of the old one", async () => {
  const tail = await EventTail.follow(log);
  expect(await texts(tail)).toEqual([]);
  appendFileSync(log, line("first"));
  expect(await texts(tail)).toEqual(["first"]);
  appendFileSync(log, line("last of the old"));
  renameSync(log, `${log}.1`);
  expect(await texts(tail)).toEqual(["last of the old"]);
  appendFileSync(log, line("first of the new"));
  expect(await texts(tail)).toEqual(["first of the new"]);
  await tail.close();
});
