import { expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { inNamespace, ROOT } from "../support/namespace.ts";
import { difference, readState } from "../support/namespace-state.ts";

/** One of everything that becomes lines of its own: sets, labels, groups, kill switches, NAT, sysctls, log prefixes, users. */
const CONFIG = [
  "description 'a $(touch /run/pr/pwned) in a description'",
  "exempt destination 10.0.0.0/8",
  "exempt destination 2001:db8:ff::/48",
  "uplink dsl interface eth1",
  "uplink dsl gateway 198.51.100.1",
  "uplink dsl gateway6 2001:db8:1::1",
  "uplink dsl table 20",
  "uplink dsl table-name 510sg",
  "uplink dsl source-nat masquerade",
  "uplink dsl if-down prohibit",
  "uplink dsl source-validation strict",
  "uplink two interface eth2",
  "uplink two gateway 203.0.113.1",
  "uplink two log-martians enable",
  "uplink two source-nat 203.0.113.2",
  "uplink dead interface eth3",
  "uplink dead gateway 10.3.0.1",
  "uplink dead if-down blackhole",
  "group web mode balance",
  "group web uplink dsl",
  "group web uplink two",
  "rule 10 source interface-network eth0",
  "rule 10 protocol tcp",
  "rule 10 destination port 143,80,443,8000",
  "rule 10 log enable",
  "rule 10 set uplink dsl",
  ...[20, 21, 22, 23].flatMap((n) => [`rule ${n} destination address 192.0.2.${n}`, `rule ${n} set group web`]),
  "rule 30 traffic local",
  "rule 30 user 1000-1999",
  "rule 30 set uplink two",
  "rule 40 traffic inbound",
  "rule 40 protocol tcp",
  "rule 40 destination port 8080",
  "rule 40 set reply-uplink two",
  "rule 50 protocol udp",
  "rule 50 action prohibit",
  "rule 60 inbound-interface !eth0",
  "rule 60 protocol tcp",
  "rule 60 tcp flags SYN,!ACK",
  "rule 60 set uplink dead",
];

test.concurrent.for(FRONT_ENDS)(
  "the printed commands give the state a commit gives, run by sh where nothing of ours is (%s)",
  { timeout: 120_000 },
  (frontEnd) =>
    inNamespace(frontEnd, async (committed) => {
      expect(await committed.apply(CONFIG)).toMatchObject({ exitCode: 0 });
      const { exitCode, stdout: script } = await committed.program(["show", "commands"]);
      expect(exitCode).toBe(0);
      expect((await committed.program(["commands"])).stdout).toBe(script);
      const { steps } = JSON.parse((await committed.program(["commands", "--json"])).stdout);
      expect(steps.length).toBeGreaterThan(5);
      await inNamespace(frontEnd, async (typed) => {
        const { stdout, stderr, exitCode: ended } = await typed.exec(["sh", "-e"], { stdin: script });
        expect({ stdout, stderr, ended }).toEqual({ stdout: "", stderr: "", ended: 0 });
        const parts = ["ipv4", "ipv6", "nft", "rules", "routes", "sets", "sysctls"] as const;
        expect(difference(await readState(committed), await readState(typed), parts)).toEqual([]);
        // The program agrees: the file of names is there too, so that it knows the slots.
        expect((await typed.sh(`cat ${ROOT}/etc/iproute2/rt_tables.d/policy-route.conf`)).length).toBeGreaterThan(10);
        expect((await typed.sh("ls /run/pr")).includes("pwned")).toBe(false);
        expect(await typed.apply(CONFIG)).toMatchObject({ exitCode: 0 });
        expect(difference(await readState(committed), await readState(typed), parts)).toEqual([]);
      });
    }),
);

test("not configured: a script that does nothing", { timeout: 60_000 }, () =>
  inNamespace("iptables-nft", async (router) => {
    const { stdout, stderr, exitCode } = await router.program(["commands"]);
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: "#!/bin/sh -e\n# Policy routing is not configured, or wants nothing in the kernel\n",
      stderr: "",
      exitCode: 0,
    });
  }),
);
