import { describe, expect, it } from "vitest";
import { chooseBackend } from "../../../src/compile/choose-backend.ts";
import { formatIssue, type Issue } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { findRivals } from "../../../src/uplink/find-rivals.ts";
import { readFacts } from "../../support/read-facts.ts";
import { treeOf } from "../config/read.ts";

const BALANCED = "rival wan-load-balancing WAN load balancing is configured";
const MISSING = "no-nft nft is missing (package nftables)";

function choose(setting: string, facts: string, rules: readonly string[] = []) {
  return chooseBackend(parseConfig(treeOf([`backend ${setting}`, ...rules]), BUILT_IN_LOOKUPS), readFacts(facts));
}

describe("auto", () => {
  it("is iptables where nobody is in the way", () => {
    const reason = "nobody else marks packets before routing";
    expect(choose("auto", "")).toEqual({ backend: { name: "iptables", reason }, errors: [], warnings: [] });
    expect(choose("auto", MISSING)).toEqual({ backend: { name: "iptables", reason }, errors: [], warnings: [] });
  });

  it("is nftables for the first of those who are", () => {
    expect(choose("auto", `${BALANCED}\nrival marks nft table inet fw marks packets`)).toEqual({
      backend: { name: "nftables", reason: "WAN load balancing is configured" },
      errors: [],
      warnings: [],
    });
  });

  it("is iptables, with a warning, where nftables cannot work", () => {
    const { backend, errors, warnings } = choose("auto", `${BALANCED}\n${MISSING}`);
    expect(backend).toEqual({
      name: "iptables",
      reason: "WAN load balancing is configured, but nftables cannot work here: nft is missing (package nftables)",
    });
    expect(errors).toEqual([]);
    expect(warnings.map(({ message }) => message)).toEqual([
      "with iptables, packets can be steered wrongly while others change their rules. WAN load balancing is configured, and " +
        "backend nftables cannot work here: nft is missing (package nftables)",
    ]);
  });
});

it("what the operator chose is taken, or refused", () => {
  expect(choose("nftables", "")).toMatchObject({ backend: { name: "nftables", reason: "configured" }, errors: [] });
  expect(choose("nftables", MISSING).errors.map(({ message }) => message)).toEqual([
    'backend nftables cannot work here: nft is missing (package nftables). Use "auto" or "iptables"',
  ]);
  expect(choose("iptables", BALANCED)).toMatchObject({ backend: { name: "iptables" }, warnings: [{ path: [] }] });
  expect(choose("iptables", "").warnings).toEqual([]);
});

describe("a rule that nftables cannot say", () => {
  const rules = [
    ...["time utc", "time weekdays Mon,Tue", "time monthdays 1", "action drop"].map((line) => `rule 10 ${line}`),
    ...["time weekdays Mon", "disable"].map((line) => `rule 20 ${line}`),
  ];
  const messages = (issues: readonly Issue[]) => issues.map(formatIssue);

  it("is refused with backend nftables, each condition with its way out", () => {
    const why = "its days are those of the kernel's own time zone, which is not UTC on every router";
    const out = 'Use "backend auto" or "iptables", or dates and times of day';
    expect(messages(choose("nftables", "", rules).errors)).toEqual([
      `policy-route rule 10: time weekdays Mon,Tue cannot be matched exactly by backend nftables: ${why}. ${out}`,
      `policy-route rule 10: time monthdays 1 cannot be matched exactly by backend nftables: ${why}. ${out}`,
    ]);
  });

  it("makes auto take iptables, with a warning where somebody is in the way", () => {
    const reason = "rule 10 (time weekdays Mon,Tue) needs it";
    expect(choose("auto", "", rules)).toEqual({ backend: { name: "iptables", reason }, errors: [], warnings: [] });
    const beside = choose("auto", BALANCED, rules);
    expect(beside).toMatchObject({ backend: { name: "iptables", reason }, errors: [] });
    expect(messages(beside.warnings)).toEqual([
      "policy-route: with iptables, packets can be steered wrongly while others change their rules. WAN load balancing is " +
        "configured, and backend nftables cannot be taken: rule 10 (time weekdays Mon,Tue) needs iptables",
    ]);
  });

  it("is refused where iptables cannot work either", () => {
    const why = "somebody put rules of nft's own into chain POSTROUTING of table nat, which iptables cannot read";
    const whose = "rule 10 (time weekdays Mon,Tue)";
    expect(messages(choose("auto", "closed nat POSTROUTING", rules).errors)).toEqual([
      `policy-route: backend iptables cannot work here: ${why}. And nftables cannot: ${whose} needs iptables`,
    ]);
  });
});

it("a chain that iptables cannot read: nftables, or refused", () => {
  const why = "somebody put rules of nft's own into chain POSTROUTING of table nat, which iptables cannot read";
  expect(choose("auto", "closed nat POSTROUTING")).toMatchObject({ backend: { name: "nftables", reason: why }, errors: [] });
  expect(choose("nftables", "closed nat POSTROUTING").errors).toEqual([]);
  const refused = (setting: string, facts: string) => choose(setting, facts).errors.map(({ message }) => message);
  expect(refused("iptables", "closed nat POSTROUTING")).toEqual([
    `backend iptables cannot work here: ${why}. Use "auto" or "nftables"`,
  ]);
  expect(refused("auto", `closed nat POSTROUTING\n${MISSING}`)).toEqual([
    `backend iptables cannot work here: ${why}. And nftables cannot work: nft is missing (package nftables)`,
  ]);
});

it("rivals: the configuration before what runs, WAN load balancing before the rest, each in its words", () => {
  const writes = [{ of: "packet", mask: 0xffffffff, value: 1 } as const];
  const nftChains = [
    { table: "ip vyos_mangle", writes, untracks: false },
    { table: "inet fw", writes, untracks: true },
    { table: "ip quiet", writes: [], untracks: false },
  ];
  const iptablesChains = ["mangle PREROUTING", "nat WANLOADBALANCE", "mangle WANLOADBALANCE_PRE", "mangle VYATTA_PBR_5"];
  const legacy = { marks: true, untracks: true };
  expect(
    findRivals({ loadBalancing: true, iptablesChains, nftChains, legacy }).map(({ kind, seen }) => `${kind}: ${seen}`),
  ).toEqual([
    "wan-load-balancing: WAN load balancing is configured",
    "wan-load-balancing: WAN load balancing runs (chain WANLOADBALANCE_PRE in mangle)",
    "policy-route: policy route is at work (chain VYATTA_PBR_5 in mangle)",
    "policy-route: policy route is at work (nft table ip vyos_mangle)",
    "marks: nft table inet fw marks packets",
    "notrack: nft table inet fw untracks packets",
    "marks: rules of iptables-legacy mark packets",
    "notrack: rules of iptables-legacy untrack packets",
  ]);
  const nothing = { marks: false, untracks: false };
  expect(findRivals({ loadBalancing: false, iptablesChains: ["raw FOREIGN"], nftChains: [], legacy: nothing })).toEqual([]);
});
