import { afterEach, beforeEach, expect, test } from "vitest";
import { FRONT, type Namespace, openNamespace } from "../support/namespace.ts";
import { readState } from "../support/namespace-state.ts";

/** What decides about `backend auto`, with what others really put into the kernel. */
let router: Namespace;
beforeEach(async () => {
  router = await openNamespace("iptables-nft");
});
afterEach(() => router.stop());

const CONFIG = [
  "backend auto",
  "uplink one interface eth1",
  "uplink one gateway 198.51.100.1",
  "rule 10 inbound-interface eth0",
  "rule 10 set uplink one",
];

/** Applies the configuration and gives the backend as `show` puts it. */
async function chosen(lines: readonly string[] = CONFIG): Promise<string | undefined> {
  const run = await router.apply(lines);
  if (run.exitCode !== 0) throw new Error(run.message);
  const { stdout } = await router.program(["show"]);
  return /^Policy routing: active, in sync, backend (.*)\n/.exec(stdout)?.[1];
}

/**
 * Puts a program in front of the real one that behaves differently for some words or input. What is in this folder is a link to
 * the machine's own program: it has to go before anything is written there.
 */
async function fake(program: "nft" | "iptables-restore", script: string): Promise<void> {
  const file = `${FRONT}/${program}`;
  const real = program === "nft" ? "/usr/sbin/nft" : "/usr/sbin/iptables-nft-restore";
  await router.sh(`rm -f ${file}; cat > ${file} <<'END'\n#!/bin/sh\n${script}\nexec ${real} "$@"\nEND\nchmod 755 ${file}`);
}

const FIREWALL = `table inet fw {
  chain last { meta mark set 0x1
  }
  chain first { tcp dport 22 goto last
  }
  chain pre { type filter hook HOOK priority -150; policy accept; jump first
  }
}`;

/** Rivals that nftables is taken for, and what `show` says of them. */
const RIVALS: readonly (readonly [why: string, made: string])[] = [
  ["nft table inet fw marks packets", `nft '${FIREWALL.replace("HOOK", "prerouting")}'`],
  [
    "nft table ip raw_ct untracks packets",
    "nft 'table ip raw_ct { chain pre { type filter hook prerouting priority -300; policy accept; udp dport 53 notrack; }; }'",
  ],
  [
    "nft table ip mangle marks packets",
    "nft 'table ip mangle { chain prerouting { type filter hook prerouting priority mangle; policy accept; meta mark set 0x1; }; }'",
  ],
  [
    "nft table ip raw untracks packets",
    "nft 'table ip raw { chain prerouting { type filter hook prerouting priority raw; policy accept; udp dport 53 notrack; }; }'",
  ],
  ["rules of iptables-legacy mark packets", "iptables-legacy -t mangle -A PREROUTING -j MARK --set-mark 0xc9"],
  ["rules of iptables-legacy untrack packets", "iptables-legacy -t raw -A PREROUTING -p udp --dport 53 -j NOTRACK"],
  [
    "WAN load balancing runs (chain WANLOADBALANCE_PRE in mangle)",
    "iptables-legacy -t mangle -N WANLOADBALANCE_PRE; iptables-legacy -t mangle -A PREROUTING -j WANLOADBALANCE_PRE",
  ],
  [
    "policy route is at work (nft table ip vyos_mangle)",
    "nft 'table ip vyos_mangle { chain VYOS_PBR_PREROUTING { type filter hook prerouting priority -150; policy accept; }; }'",
  ],
  ["policy route is at work (chain VYATTA_PBR_10 in mangle)", "iptables -t mangle -N VYATTA_PBR_10"],
  ["WAN load balancing runs (chain WANLOADBALANCE_PRE in mangle)", "iptables -t mangle -N WANLOADBALANCE_PRE"],
  [
    "WAN load balancing runs (nft table ip vyos_wanloadbalance)",
    "nft 'table ip vyos_wanloadbalance { chain pre { type filter hook prerouting priority -150; policy accept; }; }'",
  ],
];

test.each(RIVALS)("nftables: %s", async (why, made) => {
  await router.sh(made);
  expect(await chosen()).toBe(`nftables (${why})`);
});

test("iptables where nobody is in the way: no marks, marks elsewhere, marks in a chain nothing leads to, iptables' own", async () => {
  expect(await chosen()).toBe("iptables (nft front end)");
  await router.sh(`nft '${FIREWALL.replace("HOOK", "forward")}'
    nft 'table ip other { chain lonely { meta mark set 0x1; }; chain pre { type filter hook prerouting priority -150; policy accept; log prefix "meta mark set"; }; }'
    iptables -t mangle -A PREROUTING -j MARK --set-mark 0x1`);
  expect(await chosen()).toBe("iptables (nft front end)");
});

test("iptables is legacy: rules of iptables-nft are others', and our own that a switch left behind are not", async () => {
  expect(await chosen()).toBe("iptables (nft front end)");
  await router.sh(
    `for f in ip ip6; do for s in "" -save -restore; do ln -sf /usr/sbin/xtables-legacy-multi ${FRONT}/\${f}tables$s; done; done`,
  );
  expect(await chosen()).toBe("iptables (legacy front end)");
  await router.sh(`iptables-nft -t mangle -N THEIRS; iptables-nft -t mangle -A THEIRS -j MARK --set-mark 0xc9
    iptables-nft -t mangle -A PREROUTING -j THEIRS; iptables-nft -t raw -A PREROUTING -j NOTRACK`);
  expect(await chosen()).toBe("nftables (nft table ip mangle marks packets)");
  expect((await router.program(["show", "marks"])).stdout).toContain("ip mangle");
});

test("what nftables untracks is tracked again, before it: in either backend", async () => {
  await router.sh(RIVALS[1]?.[1] ?? "");
  await chosen();
  const tracked = (await readState(router)).nft.filter((line) => line.includes("_CT_PRE"));
  expect(tracked[1]).toContain("type filter hook prerouting priority -301");
  expect(tracked[2]).toMatch(/counter ct zone set 0 comment/);
  await chosen(["backend iptables", ...CONFIG.slice(1)]);
  expect((await readState(router)).ipv4).toContainEqual(expect.stringMatching(/^raw POLICY_ROUTE_CT .* -j CT( --zone 0)?$/));
});

test("nft is missing: auto stays with iptables and warns, nftables is refused and nothing is touched", async () => {
  await fake("nft", "exit 127");
  expect(await chosen()).toBe("iptables (nft front end)");
  await router.sh("iptables -t mangle -N WANLOADBALANCE_PRE");
  const run = await router.apply(CONFIG);
  expect(run.err).toBe(
    "Warning: policy-route: with iptables, packets can be steered wrongly while others change their rules. WAN load balancing runs " +
      "(chain WANLOADBALANCE_PRE in mangle), and backend nftables cannot work here: nft is missing (package nftables)\n",
  );
  const before = await readState(router);
  expect(await router.apply(["backend nftables", ...CONFIG.slice(1)])).toMatchObject({
    failed: "ConfigError",
    message: 'policy-route: backend nftables cannot work here: nft is missing (package nftables). Use "auto" or "iptables"',
    changes: [],
  });
  expect(await readState(router)).toEqual(before);
});

test("a kernel that lacks something of it: nft's own words", async () => {
  await fake("nft", 'if [ "$1" = -c ]; then echo "Error: Could not process rule: Operation not supported" >&2; exit 1; fi');
  await router.sh("iptables -t mangle -N WANLOADBALANCE_PRE");
  expect(await chosen()).toBe("iptables (nft front end)");
  const { stderr } = await router.program(["plan"]);
  expect(stderr).toContain('nft says "Error: Could not process rule: Operation not supported"');
});

test("a kernel without connection labels: nftables all the same, without them", async () => {
  await router.sh("iptables -t mangle -N WANLOADBALANCE_PRE");
  await chosen();
  expect((await readState(router)).nft.join("\n")).toContain("ct label set");
  // What is there already would prove itself.
  await router.run(["uninstall"]);
  await fake(
    "nft",
    'if [ "$1" = -c ]; then text=$(cat); case $text in *label*) exit 1;; esac; echo "$text" | exec /usr/sbin/nft "$@"; fi',
  );
  expect(await chosen()).toMatch(/^nftables \(WAN/);
  expect((await readState(router)).nft.join("\n")).not.toMatch(/label|RECOVER/);
});

test("a firewall with 20,000 rules does not make a run slow", async () => {
  const rules = Array.from(
    { length: 20_000 },
    (_, i) => `ip saddr 10.0.${i >> 8}.${i & 255} tcp dport ${1 + (i % 60_000)} accept`,
  );
  await router.exec(["nft", "-f", "-"], {
    stdin: `table inet big {\nchain fwd {\ntype filter hook forward priority 0; policy accept;\n${rules.join("\n")}\n}\n}\n`,
  });
  await chosen(["backend nftables", ...CONFIG.slice(1)]);
  const start = performance.now();
  await router.program(["plan"]);
  expect(performance.now() - start).toBeLessThan(3000);
});

/** What WAN load balancing `current` makes of the table that iptables-nft calls nat: iptables-nft-save does not print it then. */
const NATIVE_NAT = `nft 'table ip nat { chain WANLOADBALANCE { ct mark 0xc9 counter snat to 192.0.2.2; }
  chain VYOS_PRE_SNAT_HOOK { type nat hook postrouting priority 99; policy accept; counter jump WANLOADBALANCE; }; }'`;
const TRANSLATED = ["backend iptables", ...CONFIG.slice(1), "uplink one source-nat masquerade"];

test("rules of nft's own in iptables' nat table: our chain there is found, kept first, repaired and removed", async () => {
  await router.sh(NATIVE_NAT);
  expect(await chosen(TRANSLATED)).toBe("iptables (nft front end)");
  const ours = async () => (await router.exec(["iptables", "-t", "nat", "-S", "POLICY_ROUTE_SNAT"])).stdout;
  const first = async () => (await router.exec(["iptables", "-t", "nat", "-S", "POSTROUTING"])).stdout.split("\n")[1];
  expect(await ours()).toContain("MASQUERADE");
  expect((await router.program(["plan", "--check"])).exitCode).toBe(0);
  await router.sh("iptables -t nat -I POSTROUTING 1 -j ACCEPT; iptables -t nat -F POLICY_ROUTE_SNAT");
  expect((await router.program(["plan", "--check"])).exitCode).toBe(3);
  expect(await chosen(TRANSLATED)).toBe("iptables (nft front end)");
  expect(await ours()).toContain("MASQUERADE");
  expect(await first()).toContain("-j POLICY_ROUTE_SNAT");
  await router.run(["uninstall"]);
  const left = await router.exec(["nft", "list", "table", "ip", "nat"]);
  expect(left.stdout).not.toContain("POLICY_ROUTE");
  expect(left.stdout).toContain("snat to 192.0.2.2");
});

test("rules of nft's own in the very chain our jump goes into: iptables is refused by name, auto takes nftables", async () => {
  await router.sh(
    `iptables -t nat -A POSTROUTING -o lo -j ACCEPT; nft add rule ip nat POSTROUTING ct mark 0x5 snat to 192.0.2.2`,
  );
  const why = "somebody put rules of nft's own into chain POSTROUTING of table nat, which iptables cannot read";
  const before = await readState(router);
  expect(await router.apply(TRANSLATED)).toMatchObject({
    failed: "ConfigError",
    message: `policy-route: backend iptables cannot work here: ${why}. Use "auto" or "nftables"`,
    changes: [],
  });
  expect(await readState(router)).toEqual(before);
  expect(await chosen(["backend auto", ...TRANSLATED.slice(1)])).toBe(`nftables (${why})`);
});

test("a kernel or an iptables without connection labels: iptables all the same, without them", async () => {
  await chosen();
  expect((await readState(router)).ipv4.join("\n")).toContain("connlabel");
  await router.run(["uninstall"]);
  await fake("iptables-restore", 'case "$*" in *--test*) exit 2;; esac');
  expect(await chosen()).toBe("iptables (nft front end)");
  expect((await readState(router)).ipv4.join("\n")).not.toMatch(/connlabel|RECOVER/);
});
