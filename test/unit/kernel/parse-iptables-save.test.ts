import { describe, expect, it } from "vitest";
import { parseIptablesSave } from "../../../src/kernel/parse-iptables-save.ts";

const BUILT_IN = ["PREROUTING", "OUTPUT"];
const HOOK = (builtIn: string) => `VYATTA_CT_${builtIn}_HOOK`;
/** Vyatta's chain is there, and packets come to it. */
const hooked = (builtIn: string) => `:${HOOK(builtIn)} - [0:0]\n-A ${builtIn} -j ${HOOK(builtIn)}\n-A ${HOOK(builtIn)} -j RETURN`;
const UNTRACKS = "-A PREROUTING -j CT --notrack";

describe("in which chains of raw packets are kept in connection tracking", () => {
  it.each([
    ["nothing untracks", [""], []],
    ["Vyatta's hooks, and nothing untracks", BUILT_IN.map(hooked), []],
    ["a rule untracks in a chain that nothing leads to", [":lonely - [0:0]\n-A lonely -j NOTRACK"], []],
    ["a bare rule untracks", [UNTRACKS], BUILT_IN],
    ["its older name", ["-A OUTPUT -p udp -j NOTRACK"], BUILT_IN],
    ["a chain of the firewall does", [":fw - [0:0]\n-A PREROUTING -p udp -j fw\n-A fw -j NOTRACK"], BUILT_IN],
    ["Vyatta's raw ends so", [...BUILT_IN.map(hooked), "-A PREROUTING -j NOTRACK\n-A OUTPUT -j NOTRACK"], BUILT_IN.map(HOOK)],
    [
      "Vyatta's own chain does",
      [":VYATTA_CT_IGNORE - [0:0]\n-A PREROUTING -j VYATTA_CT_IGNORE\n-A VYATTA_CT_IGNORE -j NOTRACK", ...BUILT_IN.map(hooked)],
      BUILT_IN.map(HOOK),
    ],
    ["only one of Vyatta's hooks is there", [hooked("PREROUTING"), UNTRACKS], [HOOK("PREROUTING"), "OUTPUT"]],
    ["only the other one", [hooked("OUTPUT"), UNTRACKS], ["PREROUTING", HOOK("OUTPUT")]],
    [
      "nothing leads to one of them",
      [hooked("PREROUTING"), `:${HOOK("OUTPUT")} - [0:0]`, UNTRACKS],
      [HOOK("PREROUTING"), "OUTPUT"],
    ],
  ])("%s", (_, lines, chains) => {
    const text = `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${lines.join("\n")}\nCOMMIT\n`;
    expect(parseIptablesSave(text, "ipv4").trackIn).toEqual(chains);
  });

  it("asks raw alone", () => {
    const text = `*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\n${UNTRACKS}\nCOMMIT\n`;
    expect(parseIptablesSave(text, "ipv4").trackIn).toEqual([]);
  });
});
