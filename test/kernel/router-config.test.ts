import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/lab-wait.ts";
import { type RunningMonitor, startMonitor } from "../support/monitor.ts";
import { FRONT, type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { reach } from "./reach.ts";

const OWN = [
  "policy-route uplink a interface eth1",
  "policy-route uplink a gateway 198.51.100.1",
  "policy-route rule 10 source group address-group LAN",
  "policy-route rule 10 set uplink a",
];
const group = (...addresses: string[]) => addresses.map((address) => `firewall group address-group LAN address ${address}`);

const ACTIVE = `${ROOT}/opt/vyatta/config/active`;
const SAID = "/run/pr/engine";

/** The router's engine as far as it is asked outside of a session; it notes each question. */
const ENGINE = `#!/bin/sh
echo "$*" >> ${SAID}.asked
case "$1" in
existsActive) grep -q policy-route ${SAID} ;;
showConfig) cat ${SAID} ;;
*) exit 2 ;;
esac
`;

let router: Namespace;
let monitor: RunningMonitor;

const setLines = (lines: readonly string[]) =>
  lines
    .map(
      (line) =>
        `set ${line
          .split(" ")
          .map((word) => `'${word}'`)
          .join(" ")}\n`,
    )
    .join("");
const write = (path: string, text: string) =>
  router.exec(["sh", "-c", `cat > ${path}.new && mv ${path}.new ${path}`], { stdin: text });

/** What the engine does at the end of a commit. */
async function commit(lines: readonly string[]): Promise<void> {
  await write(SAID, setLines(lines));
  await router.sh(`rm -rf ${ACTIVE}/*; mkdir -p ${ACTIVE}/firewall/group ${ACTIVE}/policy-route`);
}

async function asked(): Promise<number> {
  const { stdout } = await router.exec(["grep", "-c", "showConfig", `${SAID}.asked`]);
  return Number(stdout);
}

/** Sources that rule 10 takes, in the kernel. */
async function sources(): Promise<string> {
  const text = (
    await router.exec(["sh", "-c", "iptables-save -t mangle; ipset save; nft list table ip policy_route 2>/dev/null"])
  ).stdout;
  return [...new Set(text.match(/\b10\.9\.0\.\d+/g) ?? [])].sort().join();
}

const become = (wanted: string) =>
  until(`rule 10 to take ${wanted}`, async () => (await sources()) === wanted, {
    timeout: 20_000,
    last: async () => `${await sources()}\n${JSON.stringify(await monitor.events())}${monitor.said()}`,
  });

beforeAll(async () => {
  router = await openNamespace("iptables-nft");
  await router.sh(`mkdir -p ${ACTIVE}`);
  await reach(router, [...OWN.map((line) => line.replace("policy-route ", "")), ...group("10.9.0.1")]);
  monitor = await startMonitor(router);
});
afterAll(() => router?.stop());

test("the embedded session's running configuration: a group that is edited is followed", async () => {
  await become("10.9.0.1");
  await write(`${ROOT}/run/policy-route/active.config`, setLines([...OWN, ...group("10.9.0.1", "10.9.0.2")]));
  await become("10.9.0.1,10.9.0.2");
});

test("the router's engine: a group that is edited, and load balancing beside us, are followed without a commit of ours", async () => {
  await router.exec(["sh", "-c", `cat > ${FRONT}/cli-shell-api; chmod 755 ${FRONT}/cli-shell-api`], { stdin: ENGINE });
  await commit([...OWN, ...group("10.9.0.3"), "load-balancing wan interface-health eth2 nexthop 203.0.113.1"]);
  await become("10.9.0.3");
  // What hooks reconcile with from now on.
  const applied = async () => (await router.exec(["cat", `${ROOT}/run/policy-route/applied.config`])).stdout;
  await until("it to be remembered", async () => (await applied()).includes("10.9.0.3"), { last: applied });
  expect(await applied()).toContain("set load-balancing wan");
  // WAN load balancing beside us: the program's own choice is nftables.
  expect((await router.exec(["nft", "list", "table", "ip", "policy_route"])).exitCode).toBe(0);
  expect((await router.program(["plan", "--check"])).exitCode).toBe(0);
});

test("a commit that is under way, or another configuration than the applied one, is left alone", async () => {
  const before = await asked();
  await commit([...OWN.filter((line) => !line.includes("group")), ...group("10.9.0.4")]);
  await until("two readings", async () => (await asked()) >= before + 2);
  await commit([...OWN, ...group("10.9.0.5")]);
  await become("10.9.0.5");
  expect((await monitor.events()).filter(({ kind }) => kind === "reconcile-failed")).toEqual([]);
});

test("a group that is deleted while a rule names it: an event says so, and the rule stays as it is", async () => {
  await commit(OWN);
  await until("the event", async () =>
    (await monitor.events()).some(
      ({ kind, text }) => kind === "reconcile-failed" && /rule 10.*"LAN" does not exist any more/.test(text),
    ),
  );
  expect(await sources()).toBe("10.9.0.5");
  await commit([...OWN, ...group("10.9.0.6")]);
  await become("10.9.0.6");
});

test("nobody asks the engine for what else happens", async () => {
  const before = await asked();
  await router.sh("ip rule del pref 600");
  await until("the repair", async () => (await monitor.events()).some(({ text }) => /ip rule 600 .* was removed/.test(text)));
  expect(await asked()).toBe(before);
});

test("where the engine keeps its configuration elsewhere, SIGHUP asks it", async () => {
  const before = await asked();
  await router.sh(`rm -r ${ACTIVE}`);
  await until("two readings", async () => (await asked()) >= before + 2);
  await write(SAID, setLines([...OWN, ...group("10.9.0.7")]));
  await router.sh(`kill -HUP ${monitor.pid}`);
  await become("10.9.0.7");
});
