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

it("makes the folders that are missing; where none can be made it says so, and does not try for ever", async () => {
  const host = realHost({});
  await host.write(join(folder, "a", "b", "c.json"), "{}");
  expect(await host.read(join(folder, "a", "b", "c.json"))).toBe("{}");
  for (const path of ["/proc/nowhere/a/c.json", "/proc/self/nowhere/c.json"])
    await expect(host.write(path, "{}")).rejects.toThrow(`cannot write ${path}: there is no such folder`);
  await expect(host.write(join(folder, "a", "b", "c.json", "d"), "{}")).rejects.toThrow("EEXIST");
});
