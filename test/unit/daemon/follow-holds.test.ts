import { expect, test, vi } from "vitest";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import type { Context } from "../../../src/context.ts";
import { followHolds } from "../../../src/daemon/follow-holds.ts";
import { pathsBelow } from "../../../src/paths.ts";
import { parseLiveness, renderLiveness } from "../../../src/uplink/liveness.ts";
import { resolveUplinks } from "../../../src/uplink/resolve-uplinks.ts";
import { readFacts } from "../../support/read-facts.ts";
import { memoryHost } from "../uplink/memory-host.ts";

// The files are in memory, and nobody else has them.
vi.mock("../../../src/host/lock.ts", () => ({ takeLock: async () => () => {} }));

const paths = pathsBelow("");
const UP = "link eth1 up 198.51.100.7/24\nlink eth2 up 192.0.2.7/24";
const DOWN = UP.replace("eth1 up", "eth1 no-carrier");

/** What the monitor does after looks at those times (seconds), each a process of its own: nothing but the file is remembered. */
function watcher(...lines: readonly string[]) {
  const all = [
    "uplink a interface eth1",
    "uplink a gateway 198.51.100.1",
    "uplink b interface eth2",
    "uplink b gateway 192.0.2.1",
    "group g uplink a priority 1",
    "group g uplink b",
    ...lines,
  ];
  const tree = parseSetCommands(all.map((line) => `set policy-route ${line}\n`).join(""));
  const config = parseConfig(tree.children.get("policy-route") ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const files: Record<string, string> = { [paths.applied]: "set policy-route ..." };
  const writes: string[] = [];
  return {
    files,
    writes,
    held: () => Object.fromEntries(parseLiveness(files[paths.liveness]).held.get("g") ?? []),
    look(at: number, links: string, { wanted = config as typeof config | undefined, lost = new Map<string, number>() } = {}) {
      const { host } = memoryHost(files, {}, at);
      const write: typeof host.write = (path, text) => {
        writes.push(text);
        return host.write(path, text);
      };
      const context: Context = { host: { ...host, write }, paths, env: {}, out: () => {}, err: () => {} };
      return followHolds(context, { config: wanted, uplinks: resolveUplinks(config, readFacts(links)).uplinks }, lost);
    },
  };
}

test("a member that went down is held at once, its time begins when it is back, and what probes found stays as it was", async () => {
  const { look, held, files } = watcher("group g failback-delay 30");
  const health = new Map([["a", { verdict: "up", since: 3 } as const]]);
  files[paths.liveness] = renderLiveness({ ...parseLiveness(undefined), health });
  expect(await look(100, UP)).toEqual({ changed: false, deadline: undefined, events: [] });
  expect(await look(200, DOWN)).toEqual({ changed: true, deadline: undefined, events: [] });
  expect(await look(210, UP)).toEqual({ changed: false, deadline: 240_000, events: [] });
  expect(held()).toEqual({ a: 240 });
  expect(await look(239, UP)).toEqual({ changed: false, deadline: 240_000, events: [] });
  expect(await look(240, UP)).toEqual({ changed: true, deadline: undefined, events: [] });
  expect(held()).toEqual({});
  expect(parseLiveness(files[paths.liveness]).health).toEqual(health);
});

test("an outage that is over before the look is one like any other, and is told; what the look before has seen is not told again", async () => {
  const { look, held } = watcher("group g failback-delay 30", "uplink a health target gateway", "uplink a health hold-down 40");
  const lostAt = (at: number) => ({ lost: new Map([["eth1", at * 1000]]) });
  // What happened before the monitor knew of the uplink is nobody's loss.
  expect((await look(100, UP, lostAt(99))).events).toEqual([]);
  const events = [
    { kind: "down", uplink: "a", text: "link lost for a moment" },
    { kind: "up", uplink: "a", text: "link back" },
  ];
  expect(await look(200, UP, lostAt(199))).toEqual({ changed: true, deadline: 240_000, events });
  expect((await look(201, UP, lostAt(199))).events).toEqual([]);
  expect(await look(202, UP, lostAt(201))).toMatchObject({ deadline: 282_000, events });
  // The outage itself is seen: once only.
  expect(await look(300, DOWN, lostAt(299))).toMatchObject({ deadline: undefined, events: [] });
  expect(await look(310, UP, lostAt(309))).toMatchObject({ deadline: 470_000, events: [] });
  expect(held()).toEqual({ a: 470 });
});

test("what the operator takes out of the file stays out", async () => {
  const { look, held, files } = watcher("group g failback manual");
  await look(100, UP);
  await look(200, DOWN);
  await look(210, UP);
  expect(held()).toEqual({ a: undefined });
  files[paths.liveness] = renderLiveness({ ...parseLiveness(files[paths.liveness]), held: new Map() });
  expect(await look(300, UP)).toEqual({ changed: false, deadline: undefined, events: [] });
  expect(held()).toEqual({});
});

test("where nothing changes nothing is written, and without groups nothing at all", async () => {
  const { look, writes, held } = watcher("group g failback manual");
  for (const at of [100, 130, 160]) await look(at, UP);
  expect(writes.length).toBe(1);
  for (const at of [200, 230]) await look(at, DOWN);
  expect(writes.length).toBe(2);
  await look(260, DOWN, { wanted: undefined });
  expect(held()).toEqual({});
  const none = watcher("disable");
  await none.look(100, DOWN);
  expect(none.writes).toEqual([]);
});

test("the last configuration was deleted while the monitor looked: nothing is left behind", async () => {
  const { look, files } = watcher("group g failback-delay 30");
  delete files[paths.applied];
  await look(100, DOWN);
  expect(files).toEqual({});
});
