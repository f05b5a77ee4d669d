import { describe, expect, it } from "vitest";
import { neighboursIn } from "../../../src/applied.ts";
import { findFirewallGroups } from "../../../src/config/firewall-groups.ts";
import { formatIssue } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { fillNames, usedNames, usesOutsideNames } from "../../../src/config/outside-names.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { renderSetCommands } from "../../../src/config/render-tree.ts";
import { treeOf } from "./read.ts";

const parse = (...rules: string[]) => parseConfig(treeOf(rules.map((line) => `rule 20 ${line}`)), BUILT_IN_LOOKUPS);

function find(group: string, firewall: readonly string[]) {
  const config = parse(`source group ${group}`);
  const found = findFirewallGroups(config, treeOf(firewall.map((line) => `firewall group ${line}`)), BUILT_IN_LOOKUPS);
  const [kind = "", name = ""] = group.replace("!", "").split(" ");
  return {
    members: found.groups.get(kind as "address-group")?.get(name),
    issues: found.issues.map(formatIssue),
    text: renderSetCommands(found.tree, () => undefined, ["firewall", "group"]),
  };
}

describe("groups of the router's firewall", () => {
  it("are read in canonical form, and what they hang on is kept", () => {
    const found = find("ipv6-network-group !LAN", [
      "ipv6-network-group LAN network 2001:DB8:0:1::5/64",
      "ipv6-network-group LAN description 'the LAN'",
      "ipv6-network-group OTHER network 2001:db8:9::/48",
    ]);
    expect(found.members).toEqual(["2001:db8:0:1::/64"]);
    expect(found.text).toBe(
      "set 'firewall' 'group' 'ipv6-network-group' 'LAN' 'description' 'the LAN'\n" +
        "set 'firewall' 'group' 'ipv6-network-group' 'LAN' 'network' '2001:DB8:0:1::5/64'\n",
    );
  });

  it.each<[string, string[], string[]]>([
    ["address-group A", ["address-group A address 10.0.0.1-10.0.0.9"], ["10.0.0.1-10.0.0.9"]],
    ["ipv6-address-group A", ["ipv6-address-group A ipv6-address 2001:db8::1"], ["2001:db8::1"]],
    ["ipv6-network-group A", ["ipv6-network-group A ipv6-network 2001:db8::/32"], ["2001:db8::/32"]],
    [
      "port-group A",
      ["port-group A port 80", "port-group A port 8000-8080", "port-group A port https"],
      ["80", "8000-8080", "443"],
    ],
    ["network-group A", ["network-group A"], []],
    [
      "address-group A",
      [
        "address-group A address 10.0.0.1",
        "address-group A include B",
        "address-group B address 10.0.0.2",
        "address-group B include A",
      ],
      ["10.0.0.1", "10.0.0.2"],
    ],
  ])("%s of %j", (group, firewall, members) => {
    expect(find(group, firewall)).toMatchObject({ members, issues: [] });
  });

  it("that do not exist are not there", () => {
    expect(find("address-group A", ["network-group A network 10.0.0.0/8"]).members).toBeUndefined();
  });

  it("that cannot be understood are mistakes of the rule that asks", () => {
    expect(find("address-group A", ["address-group A address 2001:db8::1"]).issues).toEqual([
      'policy-route rule 20: firewall address-group "A": "2001:db8::1" cannot be a member: IPv4 addresses without "!" can',
    ]);
    expect(find("port-group A", ["port-group A port 70000"]).issues).toEqual([
      'policy-route rule 20: firewall port-group "A": Invalid port "70000": ports are 1-65535, a range n-m or a name from /etc/services',
    ]);
    expect(find("address-group A", ["address-group A include B"]).issues).toEqual([
      'policy-route rule 20: firewall address-group "A" includes "B", which does not exist',
    ]);
  });
});

describe("names of the machine", () => {
  it("are looked up only where a rule has one", () => {
    expect(usesOutsideNames(parse("action drop", "user 1000-1005"))).toBe(false);
    for (const line of ["user root", "user-group !adm", "destination group port-group WEB"])
      expect(usesOutsideNames(parse(line))).toBe(true);
    expect(usedNames(parse("user root", "user-group !adm"))).toEqual({ users: ["root"], userGroups: ["adm"], sets: [] });
  });

  it("are filled in; who is not known stays a name", () => {
    const config = parse("user !mldonkey", "user-group p2p");
    const ids = { users: new Map([["mldonkey", 1005]]), userGroups: new Map<string, number>() };
    expect(fillNames(config, ids, new Map()).rule["20"]).toMatchObject({
      user: { negate: true, name: "mldonkey", first: 1005, last: 1005 },
      "user-group": { negate: false, name: "p2p" },
    });
  });
});

describe("the applied text", () => {
  it("does not take the groups kept in it for other users of marks", () => {
    const text =
      "set 'policy-route' 'disable'\nset 'firewall' 'group' 'address-group' 'LAN' 'address' '10.0.0.1'\nset load-balancing wan\n";
    expect(neighboursIn(text)).toEqual(["load-balancing wan"]);
  });
});
