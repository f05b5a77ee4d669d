import { afterAll, beforeAll, expect, test } from "vitest";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { reach } from "./reach.ts";

const FORCED = `${ROOT}/run/policy-route/forced.json`;
const LIVENESS = `${ROOT}/run/policy-route/liveness.json`;

let router: Namespace;
beforeAll(async () => {
  router = await openNamespace("iptables-nft");
  await reach(router, [
    "uplink a interface eth1",
    "uplink a gateway 198.51.100.1",
    "uplink b interface eth2",
    "uplink b gateway 203.0.113.1",
    "group g uplink a priority 1",
    "group g uplink b",
    "rule 10 set group g",
  ]);
});
afterAll(() => router?.stop());

const force = (words: string, path?: string) => router.program(["force", ...words.split(" ")], path);
const text = (path: string) => router.sh(`cat ${path}`);
/** Devices of the group's defaults, the one that is used first. */
const ways = async () =>
  [...(await router.sh("ip route show table 2003")).matchAll(/^default .*dev (\S+) .*metric (\d+)/gm)]
    .sort((x, y) => Number(x[2]) - Number(y[2]))
    .map(([, device]) => device);

test("an uplink that is forced down is out of every table until auto, and others keep what they were told", async () => {
  expect(await force("uplink a down")).toMatchObject({ exitCode: 0, stdout: "Uplink a is forced down\n" });
  expect(await force("uplink b up")).toMatchObject({ exitCode: 0 });
  expect(await ways()).toEqual(["eth2"]);
  expect(await router.sh("ip route show table 2001")).not.toContain("default");
  expect(JSON.parse(await text(FORCED))).toEqual({ a: "down", b: "up" });
  expect(await force("uplink a auto")).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(await text(FORCED))).toEqual({ b: "up" });
  expect(await ways()).toEqual(["eth1", "eth2"]);
});

test("failback lets held members go, of that group only and with everything else as it was", async () => {
  const health = { a: { verdict: "up", since: 7 } };
  const write = (held: object) => router.sh(`cat > ${LIVENESS} <<'END'\n${JSON.stringify({ health, held })}\nEND`);
  await write({ g: { a: null }, other: { b: null } });
  expect((await router.run(["restart"])).exitCode).toBe(0);
  expect(await ways()).toEqual(["eth2", "eth1"]);
  expect(await force("group g failback")).toMatchObject({
    exitCode: 0,
    stdout: "Group g is back with its first member that is up\n",
  });
  expect(await ways()).toEqual(["eth1", "eth2"]);
  expect(JSON.parse(await text(LIVENESS))).toEqual({ health, held: { other: { b: null } } });
  expect(await force("group g failback")).toMatchObject({
    exitCode: 1,
    stderr: "no member of group g is held back: its first member that is up is used already\n",
  });
});

test.each([
  ["uplink c down", 'uplink "c" is not configured'],
  ["group h failback", 'group "h" is not configured'],
  ["uplink a sideways", "usage: policy-route force"],
  ["uplink a", "usage: policy-route force"],
  ["group g down", "usage: policy-route force"],
])("%s is refused, and nothing remembered", async (words, message) => {
  const before = await text(FORCED);
  expect(await force(words)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
  expect(await text(FORCED)).toBe(before);
});

test("what cannot be applied is not remembered either", async () => {
  const before = await text(FORCED);
  const script = 'case "$*" in "-4 -batch -") echo no >&2; exit 2;; esac; exec /usr/sbin/ip "$@"';
  await router.sh(
    `mkdir -p /run/pr/broken; printf '#!/bin/sh\\n%s\\n' '${script}' > /run/pr/broken/ip; chmod +x /run/pr/broken/ip`,
  );
  expect(await force("uplink a down", "/run/pr/broken")).toMatchObject({ exitCode: 2 });
  expect(await text(FORCED)).toBe(before);
  expect(await ways()).toEqual(["eth1", "eth2"]);
});

test("nothing of it is left when nothing is configured any more", async () => {
  await reach(router, []);
  expect(await router.sh(`ls ${ROOT}/run`)).toBe("");
  expect(await force("uplink a down")).toMatchObject({
    exitCode: 1,
    stderr: "policy-route is not configured: set an uplink and commit first\n",
  });
  expect(await router.program(["restart"])).toMatchObject({
    exitCode: 0,
    stdout: "policy-route is not configured: nothing to restart\n",
  });
});
