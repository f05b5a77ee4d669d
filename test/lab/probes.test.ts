import { beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../support/lab.ts";
import { commit } from "../support/lab-configure.ts";
import { INTERNET, STRANGER } from "../support/lab-map.ts";
import { DSL, describeLab } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";

const TARGETS: Readonly<Record<string, string>> = {
  gateway: "type arp",
  [INTERNET.ipv4]: "type tcp",
  [INTERNET.ipv6]: "type tcp",
  [STRANGER.ipv4]: "type ping",
  [STRANGER.ipv6]: "type ping",
  "2001:db8:51::1": "type arp",
  "192.0.2.99": "type script",
};

const HEALTH: readonly string[] = [
  "set policy-route uplink dsl gateway6 2001:db8:51::1",
  "set policy-route uplink dsl if-down prohibit",
  ...Object.entries(TARGETS).map(([target, type]) => `set policy-route uplink dsl health target ${target} ${type}`),
  `set policy-route uplink dsl health target ${INTERNET.ipv4} port 443`,
  `set policy-route uplink dsl health target ${INTERNET.ipv6} port 443`,
  "set policy-route uplink dsl health target 192.0.2.99 script /config/scripts/alive",
];

interface Tested {
  readonly targets: readonly { readonly target: string; readonly outcome: string; readonly words: string }[];
}

async function probeAll(lab: Lab): Promise<Record<string, string>> {
  const { stdout, stderr } = await lab.exec("router", ["policy-route", "test", "uplink", "dsl", "--json"]);
  if (stderr !== "") throw new Error(stderr);
  return Object.fromEntries(
    (JSON.parse(stdout) as Tested).targets.map(({ target, outcome, words }) => [target, `${outcome} ${words}`]),
  );
}

/** What the monitor would say. */
async function pronounce(lab: Lab, verdict: "up" | "down"): Promise<void> {
  const liveness = { health: { dsl: { verdict, since: 1, reason: "said by the test" } }, held: {} };
  await lab.must("router", ["sh", "-euc", "cat > /run/policy-route/liveness.json"], { stdin: JSON.stringify(liveness) });
  await lab.must("router", ["policy-route", "restart"]);
}

describeLab("probes", (lab) => {
  beforeAll(async () => {
    const script = `#!/bin/sh\necho "$PR_UPLINK $PR_INTERFACE $PR_TARGET $PR_GATEWAY $PR_ADDRESS $PR_MARK $PR_TIMEOUT" > /tmp/asked\necho fine\n`;
    await lab().must("router", ["sh", "-euc", "cat > /config/scripts/alive; chmod 755 /config/scripts/alive"], { stdin: script });
    await commit(lab(), [...DSL, ...HEALTH]);
  });

  /** Reverse path filtering 0, 1 and 2: answers have to come in, too. */
  describe.each(["disable", "strict", "loose"])("source-validation %s", (mode) => {
    beforeAll(() => commit(lab(), [`set policy-route uplink dsl source-validation ${mode}`]));

    test("leave by their uplink and are answered, also while it counts as down and refuses everything", async () => {
      for (const verdict of ["up", "down"] as const) {
        await pronounce(lab(), verdict);
        const seen = await lab().capture("dsl", "eth0", "icmp or icmp6 or tcp or arp");
        const elsewhere = await Promise.all(
          (["bgp1", "bgp2"] as const).map((host) =>
            lab().capture(host, "eth0", "(icmp or icmp6 or tcp) and not port 179 and not ip6[40] >= 133"),
          ),
        );
        const results = await probeAll(lab());
        expect(results).toEqual(
          Object.fromEntries(Object.keys(TARGETS).map((target) => [target, expect.stringMatching(/^answered /)])),
        );
        expect(results["192.0.2.99"]).toBe("answered fine");
        await until(
          "the probes at the DSL provider",
          () => /ICMP echo request/.test(seen.lines().join("\n")) && /\.443: Flags \[S\]/.test(seen.lines().join("\n")),
        );
        await seen.stop();
        expect((await Promise.all(elsewhere.map((one) => one.stop()))).flat()).toEqual([]);
        const answer = await lab().probe("lan", { port: 443, timeout: 300 });
        expect(answer.by, verdict).toBe(verdict === "up" ? "dsl" : undefined);
      }
    });
  });

  test("tell scripts what they are for", async () => {
    const words = await lab().must("router", ["cat", "/tmp/asked"]);
    expect(words).toMatch(/^dsl eth1 192\.0\.2\.99 198\.51\.100\.1 198\.51\.100\.\d+ 155189248 1\n$/);
  });

  test("say what did not answer, and how", async () => {
    await commit(lab(), [`set policy-route uplink dsl health target ${INTERNET.ipv4} port 444`]);
    await lab().must("dsl", ["sysctl", "-q", "net.ipv4.icmp_echo_ignore_all=1"]);
    const results = await probeAll(lab());
    const run = "run test policy-route uplink dsl\nexit\n";
    const { exitCode, stdout } = await lab().exec("router", ["policy-route", "configure"], { stdin: run });
    await lab().must("dsl", ["sysctl", "-q", "net.ipv4.icmp_echo_ignore_all=0"]);
    expect(results).toMatchObject({
      [INTERNET.ipv4]: "failed refused",
      [STRANGER.ipv4]: "failed timeout",
      gateway: "answered ok",
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain("Uplink dsl (eth1): 5 of 7 targets answered, 1 have to");
    expect(stdout).toMatch(/^203\.0\.113\.10 +tcp 444 +failed, refused$/m);
  });

  test("leave nothing behind", async () => {
    await commit(lab(), ["delete policy-route uplink dsl health"]);
    const left = "ip rule | grep oif; ip -6 rule | grep oif; ip route show table 2620; ip -6 route show table 2620";
    expect(await lab().must("router", ["sh", "-c", `${left}; true`])).toBe("");
  });
});
