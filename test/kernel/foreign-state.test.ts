import fc from "fast-check";
import { expect, test } from "vitest";
import { backendOf, FRONT_ENDS } from "../support/front-end.ts";
import { inNamespace, type Namespace } from "../support/namespace.ts";
import { difference, readState } from "../support/namespace-state.ts";
import { arbitraryConfig } from "./arbitrary-config.ts";
import { FOREIGN_LAYER } from "./foreign-layer.ts";

/** More of others: tables of nft with everything that is in such tables, connections with marks of theirs, chains around our jumps. */
const MORE = `
for tables in iptables ip6tables; do
  $tables-restore --noflush <<'END'
*raw
:DEEP - [0:0]
-A FOREIGN_RAW -p udp -m udp --dport 9 -j DEEP
-A DEEP -j RETURN
-A OUTPUT -p udp -m udp --dport 9 -j DEEP
COMMIT
*mangle
:ISP_eth7 - [0:0]
-A ISP_eth7 -j CONNMARK --set-xmark 0xc9/0xffffffff
-A ISP_eth7 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 7 -j ISP_eth7
-A FORWARD -m mark --mark 0x40000/0xff0000 -j ACCEPT
-A OUTPUT -p udp -m udp --dport 7 -m comment --comment "POLICY_ROUTE_PRE" -j MARK --set-xmark 0x80000/0xff0000
-A POSTROUTING -m connmark --mark 0x9 -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff
COMMIT
*nat
-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80
-A POSTROUTING -o eth9 -j MASQUERADE
COMMIT
*filter
-A INPUT -i eth7 -j DROP
-A FOREIGN_FILTER -m mark --mark 0x4/0xf -j REJECT
COMMIT
END
done
nft -f - <<'END'
table inet foreign {
  set hosts { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.1 }; }
  map ports { type inet_service : verdict; elements = { 22 : accept, 80 : drop }; }
  chain policy_route { ct mark set 0x00000007; }
  chain forwarded {
    type filter hook forward priority -1; policy accept;
    ip saddr @hosts jump policy_route
    tcp dport vmap @ports
  }
  chain leaving { type nat hook postrouting priority 97; policy accept; oifname "eth9" masquerade; }
}
table ip policy_routes {
  chain POLICY_ROUTE_PRE { type filter hook input priority 5; policy accept; meta mark set 0x00000003; }
}
table bridge policy_route {
  chain before { type filter hook prerouting priority 0; policy accept; }
}
END
ip rule add pref 99 fwmark 0x200/0xf00 lookup 150
ip -6 rule add pref 5210 fwmark 0x80000/0xff0000 lookup 52
ip route add blackhole 10.66.0.0/16 table 150; ip -6 route add unreachable 2001:db8:66::/48 table 52
for mark in 0x1 0xc9 0x4000 0xf0000001; do
  conntrack -I -p udp -s 10.9.0.1 -d 10.9.0.2 --sport $((mark % 60000)) --dport 9 -t 80000 -u SEEN_REPLY --mark $mark >/dev/null 2>&1
done
`;

/** Everything of the kernel that is not ours, as the tools print it: only counters, times and what a link's carrier changes are left out. */
const OF_OTHERS = `
for save in iptables-save ip6tables-save; do
  $save | sed 's/ \\[[0-9]*:[0-9]*\\]$//; /^#/d' | grep -Ev '^:POLICY_ROUTE|^-A POLICY_ROUTE|policy-route:jump' || true
done
nft -ns list ruleset |
  awk '/^table/ {skip = /^table ip6? (raw|mangle|nat|filter|policy_route) \\{/} !skip {print}'
for family in -4 -6; do
  ip $family -N rule | grep -v 'proto 157' || true
  ip $family -N -d route show table all | grep -v 'proto 157' | sed 's/ \\(linkdown\\|dead\\|pref medium\\)//g; s/ *$//' || true
done
ipset save | grep -v ' policy_route_' | sed 's/ initval [^ ]*//' || true
conntrack -L 2>/dev/null | grep -o "src=10.9.* mark=[0-9]*" | sort
cat /run/pr/root/etc/iproute2/rt_tables.d/foreign.conf
`;

/** How many commits, and which: `RUNS=1000 SEED=7` looks further. */
const RUNS = { numRuns: Number(process.env["RUNS"] ?? 100), seed: Number(process.env["SEED"] ?? 5) };

/** A difference takes a look at the whole, so not every commit is followed by one. */
const LOOK = 10;

test.concurrent.for(FRONT_ENDS)(
  "what others have is the same, byte for byte, before, between and after 100 commits (%s)",
  { timeout: 120_000 + RUNS.numRuns * 5000 },
  (frontEnd) =>
    inNamespace(frontEnd, async (router) => {
      await router.sh(FOREIGN_LAYER + MORE);
      const ofOthers = (): Promise<string> => router.sh(OF_OTHERS);
      const [state, before] = [await readState(router), await ofOthers()];
      for (const part of ["-A ISP_eth7", "table inet foreign", "5210:", "10.66.0.0/16", "create foreign", "mark=201", "4711"]) {
        expect(before).toContain(part);
      }
      for (const [i, lines] of fc.sample(arbitraryConfig, RUNS).entries()) {
        await commit(router, [`backend ${backendOf(frontEnd)}`, ...lines]);
        if (i % LOOK === LOOK - 1)
          expect({ commits: i + 1, kernel: await ofOthers() }).toEqual({ commits: i + 1, kernel: before });
      }
      const { exitCode, message } = await router.run(["uninstall"]);
      expect({ exitCode, message }).toEqual({ exitCode: 0, message: undefined });
      expect(await ofOthers()).toBe(before);
      expect(difference(state, await readState(router))).toEqual([]);
    }),
);

async function commit(router: Namespace, lines: readonly string[]): Promise<void> {
  const { exitCode, failed, message } = await router.apply(lines);
  if (exitCode !== 0) throw new Error(`${failed}: ${message}\n${lines.join("\n")}`);
}
