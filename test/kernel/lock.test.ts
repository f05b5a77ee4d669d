import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { takeLock } from "../../src/host/lock.ts";
import { inNamespace, ROOT } from "../support/namespace.ts";
import { readState } from "../support/namespace-state.ts";
import { A, B } from "./transitions.ts";
import { askWays, misplacedJumps } from "./ways.ts";

describe("the lock", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "policy-route-lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("the second waits until the first lets go", async () => {
    const file = join(folder, "run/lock");
    const release = await takeLock(file, 5);
    let got = false;
    const second = takeLock(file, 5).then((letGo) => {
      got = true;
      return letGo;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(got).toBe(false);
    release();
    (await second)();
  });

  test("a holder that hangs: an error with the file and the time, after that time", async () => {
    const file = join(folder, "lock");
    const holder = spawn("flock", [file, "sh", "-c", "echo held; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    try {
      await expect(takeLock(file, 1)).rejects.toThrow(
        `another policy-route is at work (lock ${file} not free within 1 s); try again when it is done`,
      );
    } finally {
      process.kill(-(holder.pid ?? 0), "SIGKILL");
    }
  });

  test("a place where no lock can be: an error with the place", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(takeLock(join(folder, "file/lock"), 1)).rejects.toThrow(join(folder, "file"));
  });
});

test("two commits at the same time: both end well, and the state is that of one of them", async () => {
  await inNamespace("iptables-nft", async (router) => {
    const files = await Promise.all(
      [A, B].map(async (lines, i) => {
        const file = `/run/pr/${i}.set`;
        await router.sh(`cat > ${file} <<'END'\n${lines.map((line) => `set policy-route ${line}\n`).join("")}END`);
        return file;
      }),
    );
    for (let round = 0; round < 4; round++) {
      const runs = await Promise.all(
        files.flatMap((file) => [file, file]).map((file) => router.program(["apply", "--config", file])),
      );
      const complaints = runs.flatMap(({ stderr }) => stderr.split("\n").filter((line) => !/^(Warning: .*)?$/.test(line)));
      expect({ exitCodes: runs.map(({ exitCode }) => exitCode), complaints }).toEqual({
        exitCodes: [0, 0, 0, 0],
        complaints: [],
      });
      const state = await readState(router);
      expect(misplacedJumps(state)).toEqual([]);
      const last = (await router.sh(`cat ${ROOT}/run/policy-route/applied.config`)).includes("'fresh'") ? B : A;
      const again = await router.apply(last);
      expect(again.changes.filter((change) => !change.endsWith("/state.json"))).toEqual([]);
      expect((await askWays(router, state))["ipv4 uplink one"]).toBe(`via 198.51.100.${last === B ? 254 : 1} dev eth1`);
    }
  });
});
