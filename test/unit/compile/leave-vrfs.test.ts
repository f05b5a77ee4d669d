import { expect, it } from "vitest";
import { assignSlots } from "../../../src/compile/assign-slots.ts";
import { compileRules } from "../../../src/compile/compile-rules.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig } from "../../../src/config/parse-config.ts";
import { renderRule } from "../../../src/kernel/render-iptables.ts";
import { readFacts } from "../../support/read-facts.ts";
import { treeOf } from "../config/read.ts";

const FACTS = readFacts("link eth0 up 192.168.1.1/24\nlink eth1 up 192.0.2.2/24\nlink eth5 up 10.5.0.1/24\nlink red up\n");
const RED = {
  ...FACTS,
  links: FACTS.links.map((link) => (link.name === "eth5" ? { ...link, vrf: "red" } : link)),
};

/** Rules of the forwarded or the local chain without their comments. */
function chain(facts: typeof FACTS, traffic: "forwarded" | "local", ...lines: readonly string[]): string[] {
  const config = parseConfig(treeOf(["uplink one interface eth1", "rule 10 set uplink one", ...lines]), BUILT_IN_LOOKUPS);
  const { ipv4 } = compileRules(config, facts, assignSlots(config, facts.slots).assignment, traffic, "C", "iptables");
  return ipv4.chains.flatMap(({ name, rules }) =>
    rules.map((rule) => renderRule(name, rule).text.replace(/ -m comment --comment ".*?"/, "")),
  );
}

it("leaves packets of a VRF alone, whichever of its interfaces shows them", () => {
  const tcp = ["rule 10 traffic all", "rule 10 protocol tcp"];
  expect(chain(RED, "forwarded", ...tcp)).toEqual([
    "-A C -i eth5 -j RETURN",
    "-A C -i red -j RETURN",
    "-A C -p 6 -j POLICY_ROUTE_T_1",
  ]);
  expect(chain(RED, "local", ...tcp)).toEqual(["-A C -o red -j RETURN", "-A C -p 6 -j POLICY_ROUTE_T_1"]);
  expect(chain(FACTS, "forwarded", ...tcp)).toEqual(["-A C -p 6 -j POLICY_ROUTE_T_1"]);
});

it("steers them where a rule names the interface", () => {
  const named = "-A C -i eth5 -j POLICY_ROUTE_T_1";
  expect(chain(RED, "forwarded", "rule 10 inbound-interface eth5")).toEqual(["-A C -i red -j RETURN", named]);
  expect(chain(RED, "forwarded", "rule 10 inbound-interface eth+")).toContain("-A C -i red -j RETURN");
  expect(chain(RED, "forwarded", "rule 10 inbound-interface eth+")).not.toContain("-A C -i eth5 -j RETURN");
  expect(chain(RED, "forwarded", "rule 10 inbound-interface !eth5")).toContain("-A C -i eth5 -j RETURN");
  const disabled = ["rule 20 inbound-interface eth5", "rule 20 set uplink one", "rule 20 disable"];
  expect(chain(RED, "forwarded", ...disabled)).toContain("-A C -i eth5 -j RETURN");
});
