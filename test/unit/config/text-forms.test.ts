import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newTree, treeBelow } from "../../../src/config/build-tree.ts";
import { parseCurly } from "../../../src/config/parse-curly.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { renderCurly, renderSetCommands } from "../../../src/config/render-tree.ts";
import { kindOf, kindOfRouterPath } from "../../../src/config/schema-paths.ts";
import { ConfigSyntaxError } from "../../../src/config/syntax-error.ts";
import { arbitraryTree, pathsOf } from "./arbitrary-tree.ts";

const BOOT = `interfaces {
    ethernet eth0 {
        address 192.168.1.1/24
        description "LAN {main}; *"
    }
    loopback lo {
    }
}
/* the second way */
policy-route {
    exempt {
        destination 10.0.0.0/8
        destination 192.168.0.0/16
    }
    rule 10 {
        /* web */
        description a,b|c&d<e>f(g)[h]?
        disable
        set {
            uplink dsl
        }
    }
    uplink dsl {
        description //slashes
        interface eth1
    }
}
// Warning: Do not remove the following line.
// vyos-config-version: "bgp@4:broadcast-relay@1"
// Release version: 1.4.0
`;

const SET = `set 'policy-route' 'exempt' 'destination' '10.0.0.0/8'
set 'policy-route' 'exempt' 'destination' '192.168.0.0/16'
set 'policy-route' 'rule' '10' 'description' 'a,b|c&d<e>f(g)[h]?'
comment 'policy-route' 'rule' '10' 'description' 'web'
set 'policy-route' 'rule' '10' 'disable'
set 'policy-route' 'rule' '10' 'set' 'uplink' 'dsl'
set 'policy-route' 'uplink' 'dsl' 'description' '//slashes'
set 'policy-route' 'uplink' 'dsl' 'interface' 'eth1'
`;

function syntaxError(parse: () => unknown): ConfigSyntaxError {
  try {
    parse();
  } catch (error) {
    if (error instanceof ConfigSyntaxError) return error;
    throw error;
  }
  throw new Error("no error at all");
}

describe("both text forms", () => {
  it("read the same configuration into the same tree", () => {
    const curly = treeBelow(parseCurly(BOOT).tree, ["policy-route"]) ?? newTree();
    const set = treeBelow(parseSetCommands(SET), ["policy-route"]) ?? newTree();
    expect(pathsOf(curly)).toEqual(pathsOf(set));
    expect(renderSetCommands(curly, kindOf, ["policy-route"])).toBe(SET.replace(/^comment.*\n/m, ""));
  });

  it("keep the rest of the router's configuration", () => {
    const { tree, versioned } = parseCurly(BOOT);
    expect([...(treeBelow(tree, ["interfaces", "ethernet", "eth0", "description"])?.children.keys() ?? [])]).toEqual([
      "LAN {main}; *",
    ]);
    expect(treeBelow(tree, ["interfaces", "loopback", "lo"])?.children.size).toBe(0);
    expect(versioned).toBe(true);
  });

  it("render the curly form as the engine does", () => {
    const tree = parseCurly(BOOT).tree;
    const own = { children: new Map([["policy-route", treeBelow(tree, ["policy-route"]) ?? newTree()]]) };
    const expected = BOOT.slice(BOOT.indexOf("policy-route {"), BOOT.indexOf("// Warning")).replace("        /* web */\n", "");
    expect(renderCurly(own, kindOfRouterPath)).toBe(expected);
  });

  it("order rules by number", () => {
    const tree = parseSetCommands("set rule 100 disable\nset rule 9 disable\nset rule 15 disable\n");
    expect(renderSetCommands(tree, kindOf)).toBe(
      "set 'rule' '9' 'disable'\nset 'rule' '15' 'disable'\nset 'rule' '100' 'disable'\n",
    );
  });

  it("keep the order of the values of a multi node", () => {
    const text =
      "set 'exempt' 'destination' '9.0.0.0/8'\nset 'exempt' 'destination' '10.0.0.0/8'\nset 'exempt' 'destination' '1.0.0.0/8'\n";
    expect(renderSetCommands(parseSetCommands(text), kindOf)).toBe(text);
  });

  it("come back from their rendering: set commands", () => {
    fc.assert(
      fc.property(arbitraryTree(), (tree) => {
        expect(pathsOf(parseSetCommands(renderSetCommands(tree, kindOf)))).toEqual(pathsOf(tree));
      }),
    );
  });

  it("come back from their rendering: curly, for known nodes and for any others", () => {
    fc.assert(
      fc.property(arbitraryTree(), fc.boolean(), (tree, known) => {
        const text = renderCurly(tree, known ? kindOf : () => undefined);
        fc.pre(known || !/^ *(""|"?\/[/*])/m.test(text));
        expect(pathsOf(parseCurly(text).tree)).toEqual(pathsOf(tree));
      }),
    );
  });

  it("refuse to render a word that no configuration can hold", () => {
    expect(() => renderSetCommands({ children: new Map([["a'b", newTree()]]) }, kindOf)).toThrow("Bug");
    expect(() => renderCurly({ children: new Map([["a\nb", newTree()]]) }, kindOf)).toThrow("Bug");
  });
});

describe("what people type", () => {
  it("may have bare words, double quotes, comments and empty lines", () => {
    const tree = parseSetCommands(
      '# mine\n\nset policy-route rule 10 description "two words"\r\n  set policy-route rule 10 protocol tcp',
    );
    expect(renderSetCommands(tree, kindOfRouterPath)).toBe(
      "set 'policy-route' 'rule' '10' 'description' 'two words'\nset 'policy-route' 'rule' '10' 'protocol' 'tcp'\n",
    );
  });

  it.each([
    ["delete policy-route", 1, 1, '"set"'],
    ["set a b\nset", 2, 4, "a path"],
    ["set a 'b c\nset d", 1, 11, "quote"],
    ["set a 'b'c", 1, 10, "blank"],
    ["set a b'c", 1, 8, "blank"],
    ["set a\0b", 1, 6, "text"],
  ])("says where %j is wrong", (text, line, column, expected) => {
    const error = syntaxError(() => parseSetCommands(text));
    expect(error).toMatchObject({ line, column });
    expect(error.expected).toContain(expected);
  });
});

describe("config.boot gone wrong", () => {
  it.each([
    ["a {\n    b c\n", 3, 1, "the end of the text", '"}" of the block that begins in line 1'],
    ["a {\n}\n}\n", 3, 1, '"}"', "no block is open"],
    ["a {\n    b c d\n}\n", 2, 9, '"d"', "double quotes"],
    ['a {\n    b "c d\n}\n', 2, 11, "the end of the line", "double quote"],
    ["a {\n    b c;\n}\n", 2, 8, '";"', "end of the line"],
    ["/* never ends\n a b\n", 3, 1, "the end of the text", "line 1"],
    ["a {\n  \0b\n}\n", 2, 3, "byte 0x00", "text"],
    ["{\n}\n", 1, 1, '"{"', "name of a node"],
  ])("%j", (text, line, column, found, expected) => {
    const error = syntaxError(() => parseCurly(text, "config.boot"));
    expect(error).toMatchObject({ source: "config.boot", line, column, found });
    expect(error.expected).toContain(expected);
  });

  it("is an error wherever the file is cut inside a block", () => {
    let cuts = 0;
    for (let length = 1; length < BOOT.length; length++) {
      const lines = BOOT.slice(0, length).split("\n");
      const unfinished = lines.pop() ?? "";
      const depth = lines.filter((line) => line.endsWith("{")).length - lines.filter((line) => line.trim() === "}").length;
      if (depth === 0 || (depth === 1 && unfinished === "}")) continue;
      cuts++;
      expect(() => parseCurly(BOOT.slice(0, length)), `${length} characters`).toThrow(ConfigSyntaxError);
    }
    expect(cuts).toBeGreaterThan(300);
  });

  it("is versioned only with the line the router writes last", () => {
    expect(parseCurly(BOOT.slice(0, BOOT.indexOf("// vyos"))).versioned).toBe(false);
    expect(parseCurly('a b\n/* === vyatta-config-version: "cluster@1" === */\n').versioned).toBe(true);
    expect(parseCurly('a "vyos-config-version: 1"\n').versioned).toBe(false);
  });

  it("never overflows the stack: 100,000 blocks inside each other", () => {
    const error = syntaxError(() => parseCurly("a {\n".repeat(100_000)));
    expect(error).toMatchObject({ line: 65, column: 3 });
    expect(error.expected).toContain("at most 64");
    expect(syntaxError(() => parseSetCommands(`set${" a".repeat(100_000)}`)).expected).toContain("at most 64 words");
  });

  it("answers binary junk with a syntax error or a tree, never with anything else", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ unit: fc.constantFrom(..."ab {}\n\"'/*;\0") })),
        (text) => {
          for (const parse of [parseCurly, parseSetCommands]) {
            try {
              parse(text);
            } catch (error) {
              expect(error).toBeInstanceOf(ConfigSyntaxError);
            }
          }
        },
      ),
    );
  });

  it("reads a megabyte in a time that grows with its length", () => {
    const rules = (count: number) =>
      Array.from({ length: count }, (_, i) => `rule ${i} {\n    protocol tcp\n    description "x y"\n}\n`).join("");
    expect(parseCurly(rules(20_000)).tree.children.get("rule")?.children.size).toBe(20_000);
    expect(syntaxError(() => parseCurly(`a "${"x".repeat(1_000_000)}`)).column).toBe(1_000_004);
  });
});
