import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { commit } from "../support/lab-configure.ts";
import { INTERNET } from "../support/lab-map.ts";
import { DSL, describeLab, STREAMED } from "../support/lab-suite.ts";
import { tailscale } from "../support/neighbours/tailscale.ts";

/**
 * The office's router has a network behind it that our tables know no way to: answers that keep our mark are sent back out. Its
 * connections are steered as the LAN's.
 */
/** Slot 5: all of its bits are Tailscale's too, so that what it restores is the uplink's whole mark. */
const STEERED = [
  ...[...DSL, ...STREAMED].filter((line) => !line.startsWith("set policy-route exempt ")),
  "set policy-route uplink dsl mark 5",
  "set policy-route rule 30 inbound-interface eth4",
  "set policy-route rule 30 set uplink dsl",
];
const BEHIND = { source: "192.168.77.10", port: 443 };

describeLab("beside others who use marks, tracking and routing domains", (lab) => {
  const router = (script: string) => lab().must("router", ["sh", "-euc", script]);
  beforeAll(() => commit(lab(), STEERED));
  beforeEach(() => lab().must("router", ["conntrack", "-F"]));

  async function steered(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      expect(await lab().probe("office", BEHIND)).toMatchObject({ by: "dsl" });
      expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
      expect(await lab().probe("lan", { port: 22 })).toMatchObject({ by: "bgp1" });
    }
  }

  describe("bits of others in our field: Tailscale restores its own, 0xff0000, at PREROUTING 1", () => {
    afterEach(() => router(tailscale().stop));

    test("it starts after us, and in front", async () => {
      const lan = lab().agent("lan");
      expect(await lan.ask("open", { id: "long", address: INTERNET.ipv4, port: 443 })).toMatchObject({ by: "dsl" });
      await router(`mkdir -p /run/pr; ${tailscale().start}`);
      await steered();
      expect(await lan.ask("say", { id: "long" })).toMatchObject({ by: "dsl" });
      await lan.ask("close", { id: "long" });
    });

    test("it was there first, and starts again", async () => {
      await commit(lab(), ["delete policy-route"]);
      await router(`mkdir -p /run/pr; ${tailscale().start}`);
      await commit(lab(), STEERED);
      await steered();
      await router(tailscale().start);
      await steered();
    });
  });

  describe("connection tracking", () => {
    const untracked: Readonly<Record<string, readonly [make: string, undo: string]>> = {
      "raw ends in NOTRACK behind Vyatta's hooks": [
        `for tables in iptables ip6tables; do for hook in PREROUTING OUTPUT; do
          $tables -t raw -N VYATTA_CT_\${hook}_HOOK; $tables -t raw -A VYATTA_CT_\${hook}_HOOK -j RETURN
          $tables -t raw -A $hook -j VYATTA_CT_\${hook}_HOOK; $tables -t raw -A $hook -j NOTRACK
        done; done`,
        `for tables in iptables ip6tables; do for hook in PREROUTING OUTPUT; do
          $tables -t raw -D $hook -j NOTRACK; $tables -t raw -D $hook -j VYATTA_CT_\${hook}_HOOK
          $tables -t raw -F VYATTA_CT_\${hook}_HOOK; $tables -t raw -X VYATTA_CT_\${hook}_HOOK
        done; done`,
      ],
      "raw ends in NOTRACK behind one of Vyatta's hooks": [
        `for tables in iptables ip6tables; do
          $tables -t raw -N VYATTA_CT_PREROUTING_HOOK; $tables -t raw -A PREROUTING -j VYATTA_CT_PREROUTING_HOOK
          for hook in PREROUTING OUTPUT; do $tables -t raw -A $hook -j NOTRACK; done
        done`,
        `for tables in iptables ip6tables; do
          for hook in PREROUTING OUTPUT; do $tables -t raw -D $hook -j NOTRACK; done
          $tables -t raw -D PREROUTING -j VYATTA_CT_PREROUTING_HOOK
          $tables -t raw -F VYATTA_CT_PREROUTING_HOOK; $tables -t raw -X VYATTA_CT_PREROUTING_HOOK
        done`,
      ],
      "raw ends in a bare NOTRACK": [
        "for tables in iptables ip6tables; do for hook in PREROUTING OUTPUT; do $tables -t raw -A $hook -j NOTRACK; done; done",
        "for tables in iptables ip6tables; do for hook in PREROUTING OUTPUT; do $tables -t raw -D $hook -j NOTRACK; done; done",
      ],
      "VyOS 1.4: nft vyos_conntrack ends in notrack at -300": [
        `for family in ip ip6; do nft "table $family vyos_conntrack {
          chain PREROUTING { type filter hook prerouting priority -300; policy accept; counter notrack; }
          chain OUTPUT { type filter hook output priority -300; policy accept; counter notrack; }
        }"; done`,
        "nft delete table ip vyos_conntrack; nft delete table ip6 vyos_conntrack",
      ],
    };

    test.each(Object.entries(untracked))("%s: what is steered is tracked all the same", async (_, [make, undo]) => {
      await router(make);
      await router("policy-route restart");
      expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl", source: await lab().dhcp.address() });
      expect(await lab().probe("lan", { port: 443, to: INTERNET.ipv6 })).toMatchObject({ by: "dsl" });
      expect(await lab().probe("lan", { port: 22 })).toMatchObject({ by: "bgp1" });
      await router(undo);
      await router("policy-route restart");
    });

    test("raw is left alone where nothing untracks: a helper that the firewall gave keeps its connections, steered or not", async () => {
      await router(`for hook in PREROUTING OUTPUT; do
        iptables -t raw -N VYATTA_CT_\${hook}_HOOK; iptables -t raw -A $hook -j VYATTA_CT_\${hook}_HOOK
      done`);
      await router("iptables -t raw -A PREROUTING -p tcp -m multiport --dports 143,25 -j CT --helper ftp");
      await router("policy-route restart");
      const [steeredOne, other] = ["143", "25"].map((port) => `-p tcp --dport ${port}`);
      expect(await lab().probe("lan", { port: 143 })).toMatchObject({ by: "dsl" });
      expect(await lab().probe("lan", { port: 25 })).toMatchObject({ by: "bgp1" });
      for (const which of [steeredOne, other]) expect(await router(`conntrack -L ${which} 2>/dev/null`)).toContain("helper=ftp");
      expect(await router("iptables-save -t raw")).not.toContain("POLICY_ROUTE");
      expect(await router("nft list chains")).not.toContain("POLICY_ROUTE_CT");
      await router("iptables -t raw -F; iptables -t raw -X");
    });
  });

  test("traffic to the router itself is never steered, though `lookup local` sits behind our ip rules (as beside a VRF)", async () => {
    await router("for v in -4 -6; do ip $v rule add pref 32765 lookup local; ip $v rule del pref 0; done; ip rule; ip -6 rule");
    expect((await router("ip rule")).split("\n").findIndex((line) => line.includes("lookup local"))).toBeGreaterThan(0);
    for (const to of ["192.168.188.1", (await lab().dhcp.address()) ?? "", "192.0.2.2", "2001:db8:188::1"]) {
      expect(await lab().probe("lan", { port: 8088, to })).toMatchObject({ by: "router" });
      expect(await lab().probe("office", { port: 8088, to: to.includes(":") ? "2001:db8:50::1" : to })).toMatchObject({
        by: "router",
      });
    }
    expect(await lab().probe("lan", { port: 443 })).toMatchObject({ by: "dsl" });
    await router("for v in -4 -6; do ip $v rule add pref 0 lookup local; ip $v rule del pref 32765; done");
  });

  /**
   * This kernel has no VRF device. What the program knows of one is what `ip` says of a link, so `ip` says it of eth4; the packets,
   * the rules by interface names and the conntrack zone are real. What l3mdev itself does to a lookup is not seen here.
   */
  describe("a member of a VRF (eth4, as `ip` tells it)", () => {
    const AS_MEMBER = String.raw`s/"ifname":"eth4",/&"master":"red",/; s/("ifname":"eth4"[^{]*"linkinfo":\{"info_kind":"veth")/\1,"info_slave_kind":"vrf"/`;
    const anybody = [
      "set policy-route rule 40 protocol tcp",
      "set policy-route rule 40 destination port 993",
      "set policy-route rule 40 set uplink dsl",
    ];
    const OFFICE = { port: 993, source: "192.168.50.10" };

    test("is left alone unless a rule names it, and its connections keep their zone", async () => {
      await lab().must("bgp1", ["ip", "route", "replace", "192.168.50.0/24", "via", "192.0.2.2"]);
      await commit(lab(), ["delete policy-route rule 30", ...anybody]);
      expect(await lab().probe("office", OFFICE)).toMatchObject({ by: "dsl" });
      // As VyOS gives them: the zone of the VRF, then everything else is not tracked.
      await router(`nft 'table ip theirs {
        chain pre { type filter hook prerouting priority -300; policy accept; iifname { "eth2", "eth4" } ct zone set 50 accept; notrack; };
        chain out { type filter hook output priority -300; policy accept; notrack; }; }'
        iptables -t raw -A PREROUTING ! -i eth4 -j NOTRACK
        mkdir -p /usr/local/sbin; cat > /usr/local/sbin/ip <<'END'
#!/bin/sh
case "$*" in *-j*) /usr/sbin/ip "$@" | sed -E '${AS_MEMBER}';; *) exec /usr/sbin/ip "$@";; esac
END
        chmod 755 /usr/local/sbin/ip; conntrack -F`);
      await router("ip -d -j addr show eth4 | grep -q info_slave_kind; policy-route restart");
      expect(await lab().probe("office", OFFICE)).toMatchObject({ by: "bgp1", source: "192.168.50.10" });
      expect(await router("conntrack -L -p tcp --dport 993 2>/dev/null")).toContain("zone=50");
      expect(await lab().probe("lan", { port: 993 })).toMatchObject({ by: "dsl" });
      expect(await router("conntrack -L -p tcp --dport 993 2>/dev/null | grep 192.168.188.10")).not.toContain("zone");

      await router("nft delete table ip theirs; iptables -t raw -F PREROUTING; conntrack -F");
      await commit(lab(), ["set policy-route rule 40 inbound-interface eth4", "set policy-route rule 40 inbound-interface eth0"]);
      expect(await lab().probe("office", OFFICE)).toMatchObject({ by: "dsl" });
      await router("rm /usr/local/sbin/ip");
    });
  });
});
