import type { ChildProcess } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { labFile } from "../support/lab-file.ts";
import { until } from "../support/lab-wait.ts";
import { kill, openWorld, type Place, type World } from "../support/lab-world.ts";

/**
 * `npm run demo` and `npm run lab`, after their set-up, on a machine of their own: what they start is all that runs on it, its network is
 * empty, and its files cannot be written but for the bundle, so that whatever they leave behind is seen, or fails.
 */
const MACHINE: Place = { netns: "machine" };

/** The repository there: where it really is may be below one of the folders that begin empty. */
const TREE = "/mnt/tree";

const SETUP = `
mkdir -p "$1/dist/run"
mount -t tmpfs tmpfs /mnt; mkdir ${TREE}; mount --bind "$1" ${TREE}; mount -o remount,bind,ro ${TREE}
mount --bind "$1/dist/run" ${TREE}/dist/run
mount -o remount,bind,ro /
for folder in /run /tmp /var/tmp /dev/shm; do mount -t tmpfs tmpfs "$folder"; done
ip netns add machine
`;

/** Of everything that the lab makes: processes, mounts, names of network namespaces, the machine's own network, files. */
const SEEN = `
ps -eo comm= | sort
cat /proc/self/mountinfo
ls /run/netns
ip -o link
ip rule; ip -6 rule
ip route show table all
ip -6 route show table all
iptables-nft-save; ip6tables-nft-save; iptables-legacy-save; ip6tables-legacy-save; nft list ruleset; ipset save
find /run /tmp /var/tmp /dev/shm -xdev -mindepth 1
`;

let world: World;
let before: string;
let said: string;

const seen = () => world.must(MACHINE, ["sh", "-c", SEEN]);

/** Starts a program at the top of the repository. `end`: its exit code, or the signal it died by. */
function start(argv: readonly string[]): { readonly child: ChildProcess; readonly end: Promise<number | string | null> } {
  const child = world.start(MACHINE, ["env", "-C", TREE, ...argv], { stdio: ["pipe", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      said += chunk;
    });
  }
  return { child, end: new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal))) };
}

const run = (file: string) => [process.execPath, "tools/run.mjs", file];

beforeEach(async () => {
  said = "";
  world = await openWorld("machine");
  await world.must(undefined, ["sh", "-euc", SETUP, "setup", labFile(".")]);
  before = await seen();
});

afterEach(() => world.stop());

describe("npm run demo", () => {
  test("keeps every promise it makes, and leaves nothing behind", async () => {
    const code = await start(run("test/lab/demo.ts")).end;
    const [, made, kept] = /^(\d+) promises, (\d+) kept, 0 broken$/m.exec(said) ?? [];
    expect([code, kept], said).toEqual([0, made]);
    expect(Number(made)).toBeGreaterThan(15);
    expect(await seen()).toBe(before);
  });

  test("Ctrl-C ends it within seconds, and nothing is left", async () => {
    const { child, end } = start(run("test/lab/demo.ts"));
    await until("the first promise", () => /kept/.test(said), { timeout: 60_000, last: () => said });
    expect(await seen()).not.toBe(before);
    const since = Date.now();
    kill(child, "SIGINT");
    expect(await end, said).toBe(130);
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(said).toContain("SIGINT: the lab is taken down.");
    expect(said).not.toContain("BROKEN");
    expect(await seen()).toBe(before);
  });
});

describe("npm run lab", () => {
  test("gives a shell on the router, and is gone after exit", async () => {
    const { child, end } = start(["script", "-qec", run("test/lab/play.ts").join(" "), "/dev/null"]);
    await until("the prompt", () => /root@router:/.test(said), { timeout: 60_000, last: () => said });
    child.stdin?.write("from lan 443\n");
    await until("an answer", () => /\bbgp1\b.*192\.168\.188\.10/.test(said), { last: () => said });
    expect(await seen()).not.toBe(before);
    child.stdin?.write("exit\n");
    expect(await end, said).toBe(0);
    expect(said).toContain("The lab is gone.");
    expect(await seen()).toBe(before);
  });
});
