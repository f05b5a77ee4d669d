import { describe, expect, it } from "vitest";
import { assignSlots } from "../../../src/compile/assign-slots.ts";
import { auditMarks, type Collision } from "../../../src/compile/audit-marks.ts";
import { uplinkTargets } from "../../../src/compile/targets.ts";
import { EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { formatIssue } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { parseForeignRules } from "../../../src/kernel/iproute.ts";
import { parseIptablesSave } from "../../../src/kernel/parse-iptables-save.ts";
import { configuredUses, pathsOfUsers } from "../../../src/uplink/configured-users.ts";
import { kernelUses } from "../../../src/uplink/kernel-users.ts";
import type { MarkUse } from "../../../src/uplink/mark-use.ts";

const DSL = ["uplink dsl interface eth1", "uplink dsl gateway 198.51.100.1", "rule 10 set uplink dsl"];

function audit(lines: readonly string[], uses: readonly MarkUse[], backend: "iptables" | "nftables" = "iptables"): Collision[] {
  const tree = parseSetCommands([...DSL, ...lines].map((line) => `set ${line}\n`).join(""));
  const config = parseConfig(tree ?? EMPTY_TREE, BUILT_IN_LOOKUPS);
  const { assignment } = assignSlots(config, { slots: new Map(), retired: new Map() });
  return auditMarks({ config, targets: uplinkTargets(config, [], assignment), slots: assignment.slots, backend }, uses);
}

const said = (found: readonly Collision[], severity: Collision["severity"]): string[] =>
  found.filter((one) => one.severity === severity).map(formatIssue);

/** What the rest of the router's configuration says. */
const configured = (...lines: string[]): MarkUse[] =>
  configuredUses(pathsOfUsers(parseSetCommands(lines.map((line) => `set ${line}\n`).join(""))));

const rule = (json: object): MarkUse[] => kernelUses(parseForeignRules([{ src: "all", ...json }], "ipv4"), []);

/** Lines of the mangle table. */
const mangle = (...lines: string[]): MarkUse[] =>
  kernelUses([], parseIptablesSave(`*mangle\n${lines.join("\n")}\nCOMMIT\n`, "ipv4").foreignWrites);

describe("tables and preferences of a neighbour that is there are refused, with what would be right", () => {
  it.each<[string, string[], MarkUse[], string]>([
    [
      "policy route, configured",
      ["uplink dsl table 100"],
      configured("policy route LAN rule 10 set table 100"),
      "policy-route uplink dsl: table 100 belongs to policy route (policy route LAN rule 10 set table 100); use another, such as 2001",
    ],
    [
      "Vyatta 6.5 policy route, in the kernel",
      ["uplink dsl table 10"],
      rule({ priority: 10, fwmark: "0x80000009", table: "10" }),
      "policy-route uplink dsl: table 10 belongs to policy route (ip rule 10: fwmark 0x80000009/0xffffffff lookup 10); use another, such as 2001",
    ],
    [
      "VRF, and a member of a group",
      ["group web uplink dsl", "rule 20 set group web"],
      configured("vrf name red table 2003"),
      "policy-route group web: member web dsl needs table 2003, which belongs to VRF (vrf name red table 2003); give mark 3 to an uplink with a table of its own, then it takes another",
    ],
    [
      "VRF",
      ["uplink dsl table 300"],
      configured("vrf name red table 300"),
      "policy-route uplink dsl: table 300 belongs to VRF (vrf name red table 300); use another, such as 2001",
    ],
    [
      "Cilium, and the default",
      ["uplink dsl mark 4"],
      rule({ priority: 9, fwmark: "0x200", fwmask: "0xf00", table: "2004" }),
      "policy-route uplink dsl: table 2004, its default, belongs to Cilium (ip rule 9: fwmark 0x00000200/0x00000f00 lookup 2004); use another, such as 2104",
    ],
    [
      "policy local-route",
      [],
      configured("policy local-route rule 650 set table 55"),
      "policy-route rule-priority: 600 takes the ip rule preferences 600-710, of which 650 belongs to policy local-route " +
        "(policy local-route rule 650 set table 55); use another, such as 700",
    ],
    [
      "strongSwan",
      ["rule-priority 200"],
      configured("vpn ipsec ike-group I"),
      "policy-route rule-priority: 200 takes the ip rule preferences 200-310, of which 220 belongs to strongSwan (vpn ipsec); use another, such as 600",
    ],
    [
      "Tailscale",
      ["rule-priority 5200"],
      rule({ priority: 5270, table: "52" }),
      "policy-route rule-priority: 5200 takes the ip rule preferences 5200-5310, of which 5270 belongs to Tailscale (ip rule 5270: lookup 52); use another, such as 600",
    ],
    [
      "the newest WAN load balancing",
      ["rule-priority 150"],
      rule({ priority: 201, fwmark: "0xc9", table: "201" }),
      "policy-route rule-priority: 150 takes the ip rule preferences 150-260, of which 201 belongs to WAN load balancing " +
        "(ip rule 201: fwmark 0x000000c9/0xffffffff lookup 201); use another, such as 600",
    ],
  ])("%s", (_, lines, uses, message) => {
    expect(said(audit(lines, uses), "refused")).toEqual([message]);
  });

  it("all of them at once", () => {
    const uses = [
      ...configured("policy route LAN rule 10 set table 20", "policy local-route rule 600 set table 30", "vrf name red table 21"),
    ];
    const lines = ["uplink dsl table 20", "uplink b interface eth2", "uplink b gateway 203.0.113.1", "uplink b table 21"];
    expect(said(audit(lines, uses), "refused").map((message) => message.split(":")[0])).toEqual([
      "policy-route uplink b",
      "policy-route uplink dsl",
      "policy-route rule-priority",
    ]);
  });

  it("not what the kernel numbered, nor what nobody known has, nor a table that a rule of ours only looks up", () => {
    const uses = [
      ...rule({ priority: 650, fwmark: "0xc9", table: "201" }),
      ...rule({ priority: 601, src: "10.0.0.0", srclen: 8, table: "2001" }),
      ...rule({ priority: 610, not: null, fwmark: "0xca6c", table: "51820" }),
      ...configured("policy route LAN rule 10 set table 100", "policy route LAN rule 20 set table main"),
    ];
    expect(audit(["rule 20 protocol tcp", "rule 20 set table 100"], uses).filter(({ severity }) => severity !== "note")).toEqual(
      [],
    );
  });
});

describe("marks", () => {
  it("a mask that overlaps: one warning, which packets, and a field that is free", () => {
    const uses = [
      ...rule({ priority: 5210, fwmark: "0x80000", fwmask: "0xff0000", table: "254" }),
      ...mangle("-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff0000 --ctmask 0xff0000"),
    ];
    expect(said(audit([], uses), "warning")).toEqual([
      "policy-route mark-mask: 0x0ff00000 shares the bits 0x00f00000 with Tailscale (ip rule 5210: fwmark 0x00080000/0x00ff0000 " +
        "lookup 254). Steered connections keep their uplink; a packet that both mark is not recognised by Tailscale. Free is 0xff000000",
    ]);
    expect(audit(["mark-mask 0xff000000"], uses)).toEqual([]);
  });

  it("an unmasked mark that is one of ours takes packets along, from wherever it comes", () => {
    const lines = ["uplink dsl mark 5"];
    const messages = (uses: MarkUse[]) => said(audit(lines, uses), "warning").join("\n");
    expect(messages(configured("policy route LAN rule 10 set mark 5242880"))).toBe(
      "policy-route mark-mask: firewall (policy route LAN rule 10 set mark 5242880): that is the mark of uplink dsl, " +
        "so packets that no rule steers go its way too; one of the two has to take another mark",
    );
    expect(messages(configured("interfaces wireguard wg0 fwmark 0x500007"))).toContain(
      "WireGuard (interfaces wireguard wg0 fwmark",
    );
    expect(messages(mangle("-A OUTPUT -j MARK --set-xmark 0x500000/0xffffffff"))).toContain(
      "mangle OUTPUT writes 0x00500000/0xffffffff",
    );
    expect(messages(configured("policy route LAN rule 10 set mark 6291456", "interfaces wireguard wg0 fwmark 51820"))).toBe("");
  });

  it("connection marks written as a whole: who forgets, and where nobody does", () => {
    const post = mangle("-A POSTROUTING -j CONNMARK --set-xmark 0x1/0xffffffff");
    const pre = mangle("-A PREROUTING -j CONNMARK --set-xmark 0x1/0xffffffff");
    const forgets = (uses: MarkUse[], backend: "iptables" | "nftables") =>
      said(audit([], uses, backend), "warning").filter((message) => message.includes("forget their uplink")).length;
    expect(forgets(post, "iptables")).toBe(1);
    // Accepted before they come to it.
    expect(forgets(pre, "iptables")).toBe(0);
    expect(forgets(pre, "nftables")).toBe(1);
    // wg-quick's: only its own packets.
    expect(
      forgets(
        mangle("-A POSTROUTING -m mark --mark 0xca6c -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff"),
        "nftables",
      ),
    ).toBe(0);
    // A chain that nothing leads to.
    expect(audit([], mangle(":lonely - [0:0]", "-A lonely -j CONNMARK --set-xmark 0x1/0xffffffff"))).toEqual([]);
    // WAN load balancing: by labels in nftables, and the choice of the backend has its own warning in iptables.
    const balancing = mangle("-A PREROUTING -j ISP_eth1", "-A ISP_eth1 -j CONNMARK --set-xmark 0xc9/0xffffffff");
    expect(forgets(balancing, "nftables")).toBe(0);
    expect(said(audit([], balancing, "nftables"), "note")).toEqual([
      "policy-route mark-mask: WAN load balancing (mangle ISP_eth1 writes 0x000000c9/0xffffffff into the mark of connections): all of it is written; " +
        "steered packets get their mark after it",
    ]);
  });

  it("an ip rule that asks for our bits alone", () => {
    expect(
      said(audit(["uplink dsl mark 5"], rule({ priority: 90, fwmark: "0x500000", fwmask: "0xf00000", table: "9" })), "warning"),
    ).toEqual([
      "policy-route mark-mask: packets for uplink dsl have the mark that ip rule 90: fwmark 0x00500000/0x00f00000 lookup 9 asks for: " +
        "they go where it leads when it is asked before ours",
    ]);
  });

  it("nothing is said where nobody is, where policy routing is disabled, or where others keep to their bits", () => {
    expect(audit([], [])).toEqual([]);
    expect(audit(["disable"], configured("policy local-route rule 650 set table 55"))).toEqual([]);
    expect(
      audit(
        [],
        mangle("-A PREROUTING -j MARK --set-xmark 0x1/0xff", "-A PREROUTING -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff"),
      ),
    ).toEqual([]);
  });
});
