import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import type { Plan } from "../../../src/kernel/plan.ts";
import { shellScript, shellWord } from "../../../src/kernel/shell-script.ts";

const run = (program: string, stdin: string, ...options: string[]): Plan[number] => ({
  do: "run",
  why: "why",
  argv: [program, ...options],
  stdin,
});

it("prints one command for each line of a restore, ip's and ipset's input too", () => {
  const restore =
    '*mangle\n:PR - [0:0]\n-A PR -m comment --comment "h rule 10" -j LOG --log-prefix "policy-route 10: "\nCOMMIT\n';
  const plan: Plan = [
    run("ipset", "create s hash:net family inet\nadd s 10.0.0.0/8\n", "restore"),
    { do: "sysctl", why: "set it", key: "net/ipv4/conf/eth1.100/rp_filter", value: "2" },
    run("ip", "route add default dev eth1 table 20\n", "-6", "-batch", "-"),
    run("iptables-restore", restore, "--noflush"),
    run("nft", "table ip x {\nEND\n}\n", "-f", "-"),
    { do: "remove", why: "gone", path: "/etc/a b" },
  ];
  expect(shellScript(plan, ["head"])).toBe(`#!/bin/sh -e
# head

# why
ipset create s hash:net family inet
ipset add s 10.0.0.0/8
sysctl -q -w net/ipv4/conf/eth1.100/rp_filter=2

# why
ip -6 route add default dev eth1 table 20
iptables -w -t mangle -N PR
iptables -w -t mangle -A PR -m comment --comment 'h rule 10' -j LOG --log-prefix 'policy-route 10: '
nft -f - <<'END_'
table ip x {
END
}
END_

# gone
rm -f '/etc/a b'
`);
});

it("hands every word to sh as it is", () => {
  const words = ["$(id)", "`id`", "a'b", 'a"b', "a b", "", "*", "~", "a\\b", "a;b", "&", "!", "-x", "a\nb", "é", "#"];
  const out = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], { encoding: "utf8" });
  expect(out.split("\0").slice(0, -1)).toEqual(words);
});
