import { describe, expect, it } from "vitest";
import { TemplateError } from "../../../src/session/node-template.ts";
import { parseNodeDef, parseOpNodeDef } from "../../../src/session/parse-node-def.ts";

const parse = (text: string) => parseNodeDef(text, "rule/node.def", new Map());

describe("parseNodeDef", () => {
  it("reads every field that counts", () => {
    const template = parse(`# a comment
tag: 3
type: u32; "Rules have numbers"
help: Rule, the first one that matches
val_help: u32:1-9999; Number
val_help: <x>; Another
comp_help: More
 than one line
allowed: echo 1 2
priority: 910
syntax:expression: ($VAR(@) >= 1 && $VAR(@) <= 9999) ; "no"
commit:expression: $VAR(./x/@) != "" ; "x is required"
end: /bin/one
  /bin/two
`);
    expect(template).toMatchObject({
      kind: "tag",
      limit: 3,
      types: ["u32"],
      typeMessage: "Rules have numbers",
      help: "Rule, the first one that matches",
      detail: "More\n than one line",
      valueHelps: [
        { format: "u32:1-9999", text: "Number" },
        { format: "<x>", text: "Another" },
      ],
      allowed: "echo 1 2",
      priority: 910,
      actions: { end: [{ kind: "exec", command: "/bin/one\n  /bin/two" }] },
    });
    expect(template.syntax[0]?.kind).toBe("message");
    expect(template.commit).toHaveLength(1);
  });

  it("tells the kinds apart", () => {
    expect(parse("help: x").kind).toBe("node");
    expect(parse("type: txt").kind).toBe("leaf");
    expect(parse("multi:\ntype: ipv4, ipv6")).toMatchObject({ kind: "multi", types: ["ipv4", "ipv6"], limit: 0 });
    expect(parse("tag:\ntype: txt")).toMatchObject({ kind: "tag", limit: 0 });
  });

  it("takes a default with and without quotes", () => {
    expect(parse('type: txt\ndefault: "auto"').default).toBe("auto");
    expect(parse("type: u32\ndefault: 600").default).toBe("600");
  });

  it("takes an action with a message as the engine does", () => {
    expect(parse('end:expression: "/bin/false" ; "it failed"').actions.end).toEqual([
      { kind: "message", of: { kind: "exec", command: "/bin/false" }, text: "it failed" },
    ]);
  });

  it("names file and line of a mistake", () => {
    expect(() => parse("help: x\ntype: ipv5")).toThrow(new TemplateError("rule/node.def", 2, 'unknown type "ipv5"'));
    expect(() => parse("hlep: x")).toThrow("rule/node.def:1: not a field of node.def: hlep: x");
    expect(() => parse("type: txt\nsyntax:expression: pattern $VAR(@)")).toThrow(/rule\/node\.def:2: .*ends too early/);
  });

  it("reads op-mode nodes", () => {
    expect(parseOpNodeDef('help: Show it\nallowed: echo a\nrun: /bin/show "$4"\n', "f", new Map(), undefined)).toMatchObject({
      help: "Show it",
      allowed: "echo a",
      run: '/bin/show "$4"',
    });
  });
});
