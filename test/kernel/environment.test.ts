import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FrontEnd, IPTABLES } from "../support/front-end.ts";
import { FRONT, type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { difference, readState, type State } from "../support/namespace-state.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";
import { reach } from "./reach.ts";
import { A, B } from "./transitions.ts";
import { askWays } from "./ways.ts";

const KERNEL = ["ipv4", "ipv6", "rules", "routes", "sets", "sysctls"] as const;
const WRAPPERS = "/run/pr/wrappers";
const B_FILE = "/run/pr/b.set";
const CLASH = ["uplink x interface eth2", "uplink x gateway 203.0.113.1", "uplink x table 40"];

let router: Namespace;
let old: State;

/** Changes of /usr stay in the namespace: programs can be taken away. */
const PRIVATE_USR = `
for folder in bin sbin; do
  mkdir -p /run/pr/usr/$folder /run/pr/overlay/$folder
  mount -t overlay overlay -o lowerdir=/usr/$folder,upperdir=/run/pr/usr/$folder,workdir=/run/pr/overlay/$folder /usr/$folder
done
mkdir -p ${WRAPPERS}
`;

async function begin(frontEnd: FrontEnd): Promise<void> {
  router = await openNamespace(frontEnd);
  await router.sh(PRIVATE_USR);
  await router.sh(FOREIGN_LAYER);
  await router.sh(`cat > ${B_FILE} <<'END'\n${B.map((line) => `set policy-route ${line}\n`).join("")}END`);
  await reach(router, A);
  old = await readState(router);
}

/** The program with B, under circumstances that end with exit 2: the old state is there, and what it said. */
async function refused(path?: string): Promise<string> {
  const { exitCode, stderr } = await router.program(["apply", "--config", B_FILE], path);
  expect(difference(old, await readState(router))).toEqual([]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
  return stderr;
}

/** A program of that name that comes first in PATH and may hand on to the real one as $REAL. */
async function wrap(name: string, script: string): Promise<string> {
  const real = name.includes("tables") ? `${FRONT}/${name}` : `/usr/sbin/${name}`;
  await router.sh(
    `rm -f ${WRAPPERS}/*; cat > ${WRAPPERS}/${name} <<'END'\n#!/bin/sh\nREAL=${real}\n${script}\nEND\nchmod +x ${WRAPPERS}/${name}`,
  );
  return WRAPPERS;
}

describe.each(IPTABLES)("faults around a commit (%s)", (frontEnd) => {
  beforeAll(() => begin(frontEnd));
  afterAll(() => router?.stop());
  beforeEach(async () => {
    await router.sh(`rm -f ${WRAPPERS}/*`);
    await reach(router, A);
    const found = difference(old, await readState(router));
    if (found.length === 0) return;
    await reach(router, []);
    await reach(router, A);
    expect(difference(old, await readState(router))).toEqual([]);
  });

  test.each([
    ["ip", "iproute2"],
    ["iptables-save", "iptables"],
    ["iptables-restore", "iptables"],
    ["ip6tables-save", "iptables"],
    ["ip6tables-restore", "iptables"],
    ["flock", "util-linux"],
  ])("without %s: exit 2, the package to install is named", async (tool, name) => {
    const places = `${FRONT}/${tool} /usr/sbin/${tool} /usr/bin/${tool}`;
    const moves = (from: string, to: string) =>
      `for file in ${places}; do [ ! -L $file${from} ] && [ ! -e $file${from} ] || mv $file${from} $file${to}; done`;
    // `ip` is asked by name to read the state: it is put back before that.
    await router.sh(moves("", ".away"));
    const { exitCode, stderr } = await router.program(["apply", "--config", B_FILE]);
    await router.sh(moves(".away", ""));
    expect(stderr).toContain(`${tool} is not installed (package ${name})`);
    expect(exitCode).toBe(2);
    expect(difference(old, await readState(router))).toEqual([]);
  });

  test.each(["iptables-restore", "ip6tables-restore"])("%s refuses: exit 2, the command and its words", async (tool) => {
    const stderr = await refused(await wrap(tool, 'cat > /dev/null; echo "line 4 failed" >&2; exit 1'));
    expect(stderr).toContain(`command failed (exit 1): ${tool} --noflush`);
    expect(stderr).toContain("line 4 failed");
  });

  test("a kernel module is missing: exit 2, the words of iptables, nothing weaker installed", async () => {
    const words = "Extension connmark revision 0 not supported, missing kernel module?";
    const script = `input=$(cat); case $input in *CONNMARK*) echo "${words}" >&2; exit 2;; esac; echo "$input" | exec $REAL "$@"`;
    expect(await refused(await wrap("iptables-restore", script))).toContain(words);
  });

  test("a program that cannot be run: exit 2", async () => {
    expect(await refused(await wrap("ip6tables-restore", 'exec /run/pr/driver.cjs "$@"'))).toContain("ip6tables-restore");
  });

  test("without ipset: rules one by one, with a word about it", async () => {
    await router.sh("mv /usr/sbin/ipset /usr/sbin/ipset.away");
    const { exitCode, stderr } = await router.program(["apply", "--config", B_FILE]);
    const rules = await router.sh("iptables-save -t mangle | grep -c -- '-A POLICY_ROUTE_FWD -d 10.6' || true");
    await router.sh("mv /usr/sbin/ipset.away /usr/sbin/ipset");
    expect({ exitCode, stderr, rules: rules.trim() }).toMatchObject({
      exitCode: 0,
      rules: "9",
      stderr: expect.stringContaining("package ipset"),
    });
  });

  test("without conntrack: a slot changes hands, with a word about the connections that remember it", async () => {
    await reach(router, []);
    await reach(router, ["uplink y interface eth1", "uplink y gateway 198.51.100.1", "uplink y mark 2"]);
    await router.sh("mv /usr/sbin/conntrack /usr/sbin/conntrack.away");
    await router.sh(`echo "set policy-route uplink z interface eth2
set policy-route uplink z gateway 203.0.113.1
set policy-route uplink z mark 2" > /run/pr/z.set`);
    const again = await router.program(["apply", "--config", "/run/pr/z.set"]);
    await router.sh("mv /usr/sbin/conntrack.away /usr/sbin/conntrack");
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("package conntrack") });
  });

  test.each(["etc", "var", "run/policy-route"])("/%s is read-only: exit 2, nothing applied", async (folder) => {
    await router.sh(`mount --bind ${ROOT}/${folder} ${ROOT}/${folder}; mount -o remount,bind,ro ${ROOT}/${folder}`);
    const { exitCode, stderr } = await router.program(["apply", "--config", B_FILE]);
    await router.sh(`umount ${ROOT}/${folder}`);
    expect(stderr).toMatch(/EROFS|[Rr]ead-only/);
    expect(stderr).toContain(`${ROOT}/${folder}`);
    expect(exitCode).toBe(2);
    expect(difference(old, await readState(router))).toEqual([]);
  });

  test.each([
    ["/dev/shm has room for one page", "mount -t tmpfs -o size=4k tmpfs /dev/shm", "umount /dev/shm"],
    [
      "/dev/shm and /tmp cannot be written",
      "for folder in /dev/shm /tmp; do mount --bind $folder $folder; mount -o remount,bind,ro $folder; done",
      "umount /dev/shm /tmp",
    ],
  ])("%s: what programs print is read all the same", async (_, begin, end) => {
    await reach(router, B);
    const wanted = await readState(router);
    await reach(router, A);
    await router.sh(begin);
    const { exitCode, stderr } = await router.program(["apply", "--config", B_FILE]);
    const shown = await router.program(["show"]);
    await router.sh(end);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(shown.stdout).toContain(", in sync");
    expect(difference(wanted, await readState(router), KERNEL)).toEqual([]);
  });

  test("a foreign default in our table: exit 2, `ip` stopped half way and all is as it was", async () => {
    await router.sh("ip route add default via 203.0.113.99 table 40 proto static");
    const before = await readState(router);
    const run = await router.apply([...B, ...CLASH]);
    expect(run.failed).toBe("CommandError");
    expect(run.message).toContain("File exists");
    expect(run.message).toMatch(/route add default via 203\.0\.113\.1 dev eth2 .*table 40/);
    expect(difference(before, await readState(router))).toEqual([]);
    await router.sh("ip route del default table 40");
  });

  test("a foreign ip rule in front of ours: exit 2, the witness says where packets go, all is as it was", async () => {
    await router.sh("ip rule add pref 5 lookup 100");
    const before = await readState(router);
    const run = await router.apply(B);
    expect(run.failed).toBe("VerifyError");
    expect(run.message).toContain("table 100, eth2. Is there an ip rule in front of ours?");
    expect(difference(before, await readState(router))).toEqual([]);
    await router.sh("ip rule del pref 5");
    expect(difference(old, await readState(router))).toEqual([]);
  });

  test("somebody who changes what was put in place: exit 2, what of it is said, all is as it was", async () => {
    const path = await wrap(
      "iptables-restore",
      'cat | $REAL "$@" || exit\n[ -e /run/pr/gone ] || { touch /run/pr/gone; iptables -t mangle -I POLICY_ROUTE_FWD -j RETURN; }',
    );
    await router.sh("rm -f /run/pr/gone");
    const { exitCode, stderr } = await router.program(["apply", "--config", B_FILE], path);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 });
    expect(stderr).toContain("right after it was applied: chain POLICY_ROUTE_FWD in mangle (ipv4) was changed");
    expect(difference(old, await readState(router))).toEqual([]);
  });

  test("a link that goes down under the commit: the commit ends with that uplink down", async () => {
    const path = await wrap(
      "ip",
      'case "$*" in *-j*) ;; *-4*batch*) [ -e /run/pr/gone ] || { touch /run/pr/gone; $REAL link set eth2 down; };; esac\nexec $REAL "$@"',
    );
    await router.sh("rm -f /run/pr/gone; ip route show table 100 > /run/pr/100");
    const { exitCode, stderr } = await router.program(["apply", "--config", B_FILE], path);
    const state = await readState(router);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect((await askWays(router, state))["ipv4 uplink fresh"]).toContain("Invalid argument");
    await router.sh(
      "ip link set eth2 up; ip addr add 2001:db8:2::2/64 dev eth2 nodad; ip route replace default via 203.0.113.77 table 100",
    );
    await reach(router, []);
    await reach(router, A);
    expect(difference(old, await readState(router))).toEqual([]);
  });
});
