import { afterEach, describe, expect, test } from "vitest";
import type { FrontEnd } from "../support/front-end.ts";
import { until } from "../support/lab-wait.ts";
import { type NeighbourWorld, openNeighbourWorld } from "../support/neighbours/neighbour-world.ts";
import { makeWlb, type Wlb, wlbConfig, wlbSystem } from "../support/neighbours/wlb.ts";
import type { WlbConfig, WlbForm } from "../support/neighbours/wlb-config.ts";

// What the real daemon leaves in the kernel, as it was printed beside it. The stand-in has to leave the same.
const TARGETS = `
-A ISP_eth1 -j CONNMARK --set-xmark 0xc9/0xffffffff
-A ISP_eth1 -j MARK --set-xmark 0xc9/0xffffffff
-A ISP_eth1 -j ACCEPT
-A ISP_eth2 -j CONNMARK --set-xmark 0xca/0xffffffff
-A ISP_eth2 -j MARK --set-xmark 0xca/0xffffffff
-A ISP_eth2 -j ACCEPT
`;
const INITIAL = `
-A PREROUTING -j WANLOADBALANCE_PRE
${TARGETS}
-A WANLOADBALANCE_PRE -j ACCEPT
`;
const BALANCED = `
-A PREROUTING -j WANLOADBALANCE_PRE
${TARGETS}
-A WANLOADBALANCE_PRE -i eth0 -m state --state NEW -m statistic --mode random --probability 0.50000000000 -j ISP_eth1
-A WANLOADBALANCE_PRE -i eth0 -m state --state NEW -j ISP_eth2
-A WANLOADBALANCE_PRE -i eth0 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
`;
const ETH1_DOWN = `
-A PREROUTING -j WANLOADBALANCE_PRE
${TARGETS}
-A WANLOADBALANCE_PRE -i eth0 -m state --state NEW -j ISP_eth2
-A WANLOADBALANCE_PRE -i eth0 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
`;
const BOTH_DOWN = `
-A PREROUTING -j WANLOADBALANCE_PRE
${TARGETS}
`;
const STICKY_AND_LOCAL = `
-A PREROUTING -i eth2 -m state --state NEW -j ISP_eth2_IN
-A PREROUTING -i eth1 -m state --state NEW -j ISP_eth1_IN
-A PREROUTING -j WANLOADBALANCE_PRE
-A OUTPUT -j WANLOADBALANCE_OUT
${TARGETS}
-A ISP_eth1_IN -j CONNMARK --set-xmark 0xc9/0xffffffff
-A ISP_eth2_IN -j CONNMARK --set-xmark 0xca/0xffffffff
-A WANLOADBALANCE_OUT -m mark ! --mark 0x0 -j ACCEPT
-A WANLOADBALANCE_OUT -p icmp -m icmp --icmp-type any -j ACCEPT
-A WANLOADBALANCE_OUT -s 127.0.0.0/8 -d 127.0.0.0/8 -j ACCEPT
-A WANLOADBALANCE_OUT ! -o eth0 -m state --state NEW -m statistic --mode random --probability 0.50000000000 -j ISP_eth1
-A WANLOADBALANCE_OUT ! -o eth0 -m state --state NEW -j ISP_eth2
-A WANLOADBALANCE_OUT ! -o eth0 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
-A WANLOADBALANCE_PRE -i eth0 -m state --state NEW -m statistic --mode random --probability 0.50000000000 -j ISP_eth1
-A WANLOADBALANCE_PRE -i eth0 -m state --state NEW -j ISP_eth2
-A WANLOADBALANCE_PRE -i eth0 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff
`;
const NFT_NAT = `
table ip nat {
chain VYOS_PRE_SNAT_HOOK {
type nat hook postrouting priority srcnat - 1; policy accept;
jump WANLOADBALANCE
}
chain WANLOADBALANCE {
ct mark 0xc9 snat to 192.0.2.2
ct mark 0xca snat to 198.51.100.2
}
}
`;
const RULES = `
32764: from all fwmark 0xca lookup 202
32765: from all fwmark 0xc9 lookup 201
`;
const ROUTES = `
default via 192.0.2.1 dev eth1
default via 198.51.100.1 dev eth2
`;
const VYATTA_RAW = `
-A PREROUTING -j VYATTA_CT_IGNORE
-A PREROUTING -j VYATTA_CT_TIMEOUT
-A PREROUTING -j VYATTA_CT_PREROUTING_HOOK
-A PREROUTING -j WLB_CONNTRACK
-A PREROUTING -j NOTRACK
-A WLB_CONNTRACK -j ACCEPT
`;
const VYATTA_NAT = `
-A POSTROUTING -j VYATTA_PRE_SNAT_HOOK
-A VYATTA_PRE_SNAT_HOOK -j WANLOADBALANCE
-A WANLOADBALANCE -m connmark --mark 0xc9 -j SNAT --to-source 192.0.2.2
-A WANLOADBALANCE -m connmark --mark 0xca -j SNAT --to-source 198.51.100.2
`;

/** Each chain's rules in their order, chains by name. */
function chains(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.startsWith("-A "));
  const name = (line: string) => line.split(" ")[1] ?? "";
  return [...new Set(lines.map(name))].sort().flatMap((chain) => lines.filter((line) => name(line) === chain));
}

/** The documented text has no counters, no comment, and marks without leading zeros. Chains by name. */
function nftTable(text: string): string[] {
  const plain = text
    .replace(/^#.*$/gm, "")
    .replace(/counter packets \d+ bytes \d+ /g, "")
    .replace(/0x0+(?=[1-9a-f])/g, "0x")
    .replace(/\n\s*\n/g, "\n");
  const inside = plain.split("\n").map((line) => line.trim());
  return inside
    .join("\n")
    .split(/\n(?=chain )/)
    .map((chain) => chain.trim().replace(/(\n})+$/, ""))
    .sort();
}

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter(Boolean);

describe("the stand-in of WAN load balancing", () => {
  let router: NeighbourWorld | undefined;
  let wlb: Wlb | undefined;
  afterEach(async () => {
    expect(wlb?.failures()).toEqual([]);
    await router?.stop();
  });

  async function open(
    frontEnd: FrontEnd,
    form: WlbForm,
    options: Partial<WlbConfig> = {},
  ): Promise<{ router: NeighbourWorld; wlb: Wlb }> {
    router = await openNeighbourWorld({ frontEnd, routed: false });
    await router.sh("router", wlbSystem(form));
    wlb = await makeWlb(router, wlbConfig(form, options));
    return { router, wlb };
  }
  const save = (form: WlbForm, table: string): Promise<string> =>
    (router as NeighbourWorld).sh("router", `${form === "current" ? "iptables-nft-save" : "iptables-save"} -t ${table}`);
  const mangle = async (form: WlbForm): Promise<string[]> => chains(await save(form, "mangle"));
  const wlbRules = async (): Promise<string[]> =>
    lines(await (router as NeighbourWorld).sh("router", "ip rule | grep -E 'lookup 20[12]|:.*main suppress' || true"));

  // "current" calls iptables-nft whatever the router's iptables is.
  describe.each([
    ["current", "iptables-nft"],
    ["vyatta", "iptables-nft"],
    ["vyatta", "iptables-legacy"],
  ] as const)("%s, with iptables-%s", (form, frontEnd) => {
    test("starts, balances, follows both lines down and up, and stops without a trace", async () => {
      const { router, wlb } = await open(frontEnd, form, { initial: 500 });
      const before = await mangle(form);
      wlb.launch();
      await until("the initial phase", async () => (await mangle(form)).join("\n") === chains(INITIAL).join("\n"), {
        last: async () => (await mangle(form)).join("\n"),
      });
      await wlb.balancing(["eth1", "eth2"]);
      expect(await mangle(form)).toEqual(chains(BALANCED));
      expect(await wlbRules()).toEqual(lines(RULES));
      expect(lines(await router.sh("router", "ip route show table 201; ip route show table 202"))).toEqual(lines(ROUTES));
      if (form === "current") expect(nftTable(await router.sh("router", "nft list table ip nat"))).toEqual(nftTable(NFT_NAT));
      else {
        expect(chains(await save(form, "nat")).filter((line) => !line.endsWith("RETURN"))).toEqual(chains(VYATTA_NAT));
        const raw = chains(await save(form, "raw")).filter((line) => !/RETURN|-A OUTPUT/.test(line));
        // Newer programs print NOTRACK as what the kernel has: CT --notrack.
        expect(raw.map((line) => line.replace("-j CT --notrack", "-j NOTRACK"))).toEqual(chains(VYATTA_RAW));
      }
      const down = (line: "eth1" | "eth2") => router.carrier(line, "down");
      await down("eth1");
      await wlb.balancing(["eth2"]);
      expect(await mangle(form)).toEqual(chains(ETH1_DOWN));
      await down("eth2");
      await wlb.balancing([]);
      expect(await mangle(form)).toEqual(chains(BOTH_DOWN));
      await router.carrier("eth1", "up");
      await router.carrier("eth2", "up");
      await wlb.balancing(["eth1", "eth2"]);
      expect(await mangle(form)).toEqual(chains(BALANCED));
      await wlb.stop();
      expect(await mangle(form)).toEqual(before);
      expect(await wlbRules()).toEqual([]);
    });

    test("sticky inbound and local traffic; a kill doubles the inbound jumps, and they outlive the next stop", async () => {
      const { wlb } = await open(frontEnd, form, { sticky: true, local: true });
      await wlb.start();
      expect(await mangle(form)).toEqual(chains(STICKY_AND_LOCAL));
      await wlb.kill();
      expect(await mangle(form)).toEqual(chains(STICKY_AND_LOCAL));
      await wlb.start();
      const jumps = async () => (await mangle(form)).filter((line) => /^-A PREROUTING .*_IN$/.test(line));
      expect(await jumps()).toHaveLength(4);
      expect((await mangle(form)).filter((line) => line === "-A PREROUTING -j WANLOADBALANCE_PRE")).toHaveLength(1);
      await wlb.stop();
      expect(await jumps()).toHaveLength(2);
    });

    test("per-packet balancing asks every packet", async () => {
      const { wlb } = await open(frontEnd, form, { perPacket: true });
      await wlb.start();
      expect(await mangle(form)).toEqual(chains(BALANCED.replaceAll("-m state --state NEW ", "")));
    });

    test("every start puts its jump in front; its ip rules go just below the lowest preference", async () => {
      const { router, wlb } = await open(frontEnd, form);
      const program = form === "current" ? "iptables-nft" : "iptables";
      await router.sh("router", `${program} -t mangle -I PREROUTING 1 -j RETURN; ip rule add fwmark 0x1/0x1 lookup 50 pref 600`);
      const first = async () => (await mangle(form)).find((line) => line.startsWith("-A PREROUTING"));
      await wlb.start();
      expect(await first()).toBe("-A PREROUTING -j WANLOADBALANCE_PRE");
      expect((await wlbRules()).map((line) => line.split(":")[0])).toEqual(["598", "599"]);
      await router.sh("router", `${program} -t mangle -I PREROUTING 1 -j RETURN`);
      await router.carrier("eth1", "down");
      await wlb.balancing(["eth2"]);
      expect(await first()).toBe("-A PREROUTING -j RETURN");
      await router.carrier("eth1", "up");
      await wlb.balancing(["eth1", "eth2"]);
      await wlb.restart();
      expect(await first()).toBe("-A PREROUTING -j WANLOADBALANCE_PRE");
    });
  });

  test("the newest form: a table of its own, made anew at every change, with preferences of its own", async () => {
    const { router, wlb } = await open("iptables-nft", "nft", { sticky: true, local: true });
    await wlb.start();
    const table = async () => nftTable(await router.sh("router", "nft list table ip vyos_wanloadbalance"));
    const handle = async () =>
      /wanloadbalance \{ # handle (\d+)/.exec(await router.sh("router", "nft -a list table ip vyos_wanloadbalance"))?.[1];
    const both = await table();
    expect(both.join("\n")).toContain("type filter hook prerouting priority mangle; policy accept;");
    expect(both.join("\n")).toContain("numgen random mod 2 vmap { 0 : jump wlb_mangle_isp_eth1, 1 : jump wlb_mangle_isp_eth2 }");
    const numbers = async () => (await router.sh("router", "ip rule")).match(/^(201|202|301|302):/gm);
    expect(await numbers()).toEqual(["201:", "202:", "301:", "302:"]);
    const before = await handle();
    await router.carrier("eth1", "down");
    await wlb.balancing(["eth2"]);
    expect(await handle()).not.toBe(before);
    expect((await table()).join("\n")).not.toContain("numgen");
    await router.carrier("eth1", "up");
    await wlb.balancing(["eth1", "eth2"]);
    await wlb.kill();
    expect(await table()).toEqual(both);
    await wlb.start();
    expect(await table()).toEqual(both);
    await wlb.stop();
    expect((await router.exec("router", ["nft", "list", "table", "ip", "vyos_wanloadbalance"])).exitCode).not.toBe(0);
    expect(await numbers()).toBeNull();
  });
});
