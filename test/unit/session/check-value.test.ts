import { describe, expect, it } from "vitest";
import { checkValue } from "../../../src/session/check-value.ts";
import { parseNodeDef } from "../../../src/session/parse-node-def.ts";

/** What the engine would say of a value; empty when it takes it. */
async function said(nodeDef: string, value: string, lookup: Record<string, string> = {}): Promise<string[]> {
  const lines: string[] = [];
  const context = {
    shell: async (text: string) => ({
      exitCode: text.includes("bad") ? 1 : 0,
      output: text.includes("bad") ? `ran: ${text}\n` : "",
    }),
    program: "/here",
    lookup: (path: string) => lookup[path] ?? "",
    say: (text: string) => void lines.push(text),
  };
  const isFine = await checkValue(parseNodeDef(nodeDef, "node.def", new Map()), value, context);
  return isFine ? [] : [...lines, "refused"];
}

describe("checkValue", () => {
  it.each([
    ["u32", ["0", "007", "4294967295"], ["4294967296", "-1", "a", "", "10.0.0.1"]],
    ["ipv4", ["10.0.0.1", "255.255.255.255"], ["10.0.0.256", "10.0.0", "10.0.0.0/8", "::1"]],
    ["ipv4net", ["10.0.0.1/8", "0.0.0.0/0"], ["10.0.0.1", "10.0.0.1/33"]],
    ["ipv6", ["::", "2001:db8::1"], ["10.0.0.1", "2001:db8::/32", ":::"]],
    ["ipv6net", ["2001:db8::1/32"], ["2001:db8::1", "2001:db8::/129"]],
    ["bool", ["true", "false"], ["yes"]],
    ["macaddr", ["52:54:00:c2:a5:43", "0:1:2:3:4:5"], ["52:54:00"]],
    ["txt", ["", "-dash", "a b"], []],
  ])("type %s", async (type, good, bad) => {
    for (const value of good) expect(await said(`type: ${type}`, value), value).toEqual([]);
    for (const value of bad) {
      expect(await said(`type: ${type}`, value)).toEqual([`"${value}" is not a valid value of type "${type}"`, "refused"]);
    }
  });

  it("takes either type of a pair", async () => {
    expect(await said("type: ipv4, ipv6", "::1")).toEqual([]);
    expect(await said("type: ipv4, ipv6", "x")).toEqual(['"x" is not a valid value of type "ipv4 or ipv6"', "refused"]);
  });

  it("refuses what no value can hold, before anything else looks at it", async () => {
    expect(await said("type: u32", "it's")).toEqual(["Cannot use the single quote (') character in a value string", "refused"]);
    expect(await said("type: txt", 'a"b')).toEqual(['Cannot use the double quote (") character in a value string', "refused"]);
    expect(await said("type: txt", "a\nb")).toEqual(["Cannot use the newline character in a value string", "refused"]);
  });

  it("pattern, list and comparisons, each with its message", async () => {
    const pattern =
      'type: txt\nsyntax:expression: pattern $VAR(@) "^[a-z]+(\\\\.[a-z]+)?$" ; "must be lower case: \\"$VAR(@)\\""';
    expect(await said(pattern, "ab.c")).toEqual([]);
    expect(await said(pattern, "abxc.")).toEqual(['must be lower case: "abxc."', "refused"]);
    const list = 'type: txt\nsyntax:expression: $VAR(@) in "tcp", "udp"; "must be tcp or udp"';
    expect(await said(list, "udp")).toEqual([]);
    expect(await said(list, "ud")).toEqual(["must be tcp or udp", "refused"]);
    const range = 'type: u32\nsyntax:expression: ($VAR(@) >= 1 && $VAR(@) <= 100) || $VAR(@) == 200; "must be 1-100 or 200"';
    for (const value of ["1", "100", "200", "0099"]) expect(await said(range, value), value).toEqual([]);
    for (const value of ["0", "101"]) expect(await said(range, value)).toEqual(["must be 1-100 or 200", "refused"]);
    expect(await said("type: u32\nsyntax:expression: !($VAR(@) == 5)", "5")).toEqual(["refused"]);
  });

  it("does not compare text with numbers, as the engine does not", async () => {
    expect(await said('type: txt\nsyntax:expression: $VAR(@) >= 1; "no"', "5")).toEqual([
      "Different types in comparison",
      "no",
      "refused",
    ]);
  });

  it("runs scripts with the value in place and shows what they print first", async () => {
    const script = `type: txt\nsyntax:expression: exec "/x/val '$VAR(@)'"; "invalid value \\"$VAR(@)\\""`;
    expect(await said(script, "good")).toEqual([]);
    expect(await said(script, "bad $(id)")).toEqual(["ran: /x/val 'bad $(id)'", 'invalid value "bad $(id)"', "refused"]);
  });

  it("runs the program it came with, and leaves a value alone that names the installed one", async () => {
    const script = `type: txt\nsyntax:expression: exec "/usr/lib/policy-route/libexec/x bad '$VAR(@)'"`;
    expect(await said(script, "/usr/lib/policy-route/y")).toEqual([
      "ran: /here/libexec/x bad '/usr/lib/policy-route/y'",
      "refused",
    ]);
  });

  it("looks other nodes up", async () => {
    const needs = 'type: txt\nsyntax:expression: $VAR(../kind/@) == "x"; "kind is $VAR(../kind/@)"';
    expect(await said(needs, "1", { "../kind/@": "x" })).toEqual([]);
    expect(await said(needs, "1", { "../kind/@": "y" })).toEqual(["kind is y", "refused"]);
  });
});
