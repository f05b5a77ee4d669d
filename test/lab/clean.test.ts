import { expect, test } from "vitest";
import { commit, session } from "../support/lab-configure.ts";
import { compareSnapshots } from "../support/lab-snapshot.ts";
import { DSL, describeLab, STREAMED } from "../support/lab-suite.ts";

const STRICT = ["set policy-route uplink dsl source-validation strict", "set policy-route uplink dsl log-martians enable"];

describeLab("taken out again", (lab, frontEnd) => {
  test("delete policy-route leaves the machine as it was, foreign objects included", async () => {
    await lab().must("router", [
      "sh",
      "-euc",
      "iptables -t mangle -A PREROUTING -p udp --dport 53 -j MARK --set-mark 0x5/0xf; ip6tables -t mangle -A POSTROUTING -j ACCEPT;" +
        "ip rule add pref 50 fwmark 5/0xf lookup 55; ip route add default via 192.0.2.5 table 55; sysctl -qw net.ipv4.conf.eth1.rp_filter=2;" +
        "ip rule add pref 600 to 10.0.0.0/8 lookup main",
    ]);
    const before = await lab().snapshot();
    await commit(lab(), [...DSL, ...STREAMED, ...STRICT]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    const changed = compareSnapshots(before, await lab().snapshot()).join("\n");
    for (const part of [
      ...(frontEnd === "nftables" ? ["nft list ruleset: +"] : ["iptables-save: +", "ip6tables-save: +"]),
      "ip rule: +",
      "ip route show table all: +",
      "sysctl: +",
      "files: +",
    ]) {
      expect(changed).toContain(part);
    }
    expect(changed).not.toMatch(/(iptables-save|ip rule|table all): -/);
    await commit(lab(), ["delete policy-route"]);
    expect(compareSnapshots(before, await lab().snapshot())).toEqual([]);
  });

  test("uninstall does the same without a configuration session", async () => {
    const before = await lab().snapshot();
    await commit(lab(), [...DSL, ...STREAMED, ...STRICT]);
    await lab().must("router", ["policy-route", "uninstall"]);
    expect(compareSnapshots(before, await lab().snapshot())).toEqual([]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "bgp1" });
    await commit(lab(), ["delete policy-route"]);
  });

  test("a configuration with mistakes: all of them are said, nothing is applied, what was there stays", async () => {
    await commit(lab(), DSL);
    const before = await lab().snapshot();
    const said = await session(lab(), [
      "set policy-route rule 20 set uplink dls",
      "set policy-route rule 30 destination port 25",
      "set policy-route rule 30 set uplink dsl",
      "set policy-route rule 40 set table main",
      "set policy-route rule 40 set uplink dsl",
      "commit",
      "exit discard",
    ]);
    const text = said.stdout + said.stderr;
    expect(said.exitCode).toBe(1);
    expect(text).toContain('rule 20: uplink "dls" is not configured (did you mean "dsl"?)');
    expect(text).toContain("rule 30: port needs protocol");
    expect(text).toContain("rule 40: only one of");
    expect(compareSnapshots(before, await lab().snapshot())).toEqual([]);
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
  });
});
