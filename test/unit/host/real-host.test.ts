import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { realHost } from "../../../src/host/real-host.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-route-host-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("what a killed writer left behind goes with the next write, and nothing else does", async () => {
  const dead = spawnSync("true").pid;
  const others = [".policy-route.1.0.tmp", ".policy-route.note", "policy-route.7.0.tmp"];
  const ours = [`.policy-route.${dead}.3.tmp`, `.policy-route.${process.pid}.0.tmp`];
  for (const name of [...others, ...ours]) writeFileSync(join(folder, name), "half");
  await realHost({}).write(join(folder, "state.json"), "{}");
  expect(readdirSync(folder).sort()).toEqual([...others, "state.json"].sort());
});
