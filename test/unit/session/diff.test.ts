import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfigTree } from "../../../src/config/config-tree.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { mergeTrees } from "../../../src/session/merge-trees.ts";
import type { NodeTemplate } from "../../../src/session/node-template.ts";
import { renderComparison, renderShow } from "../../../src/session/render-config.ts";
import { smallProgram } from "./fixture.ts";
import { newFolder, open, removeFolders } from "./open.ts";

let templates: NodeTemplate;
beforeAll(async () => {
  templates = (await open(newFolder(), smallProgram("true"))).session.templates;
});
afterAll(removeFolders);

const tree = (...lines: readonly string[]): ConfigTree =>
  parseSetCommands(lines.map((line) => `set policy-route ${line}\n`).join(""));

const BEFORE = [
  "disable",
  "exempt 10.1.0.0/16",
  "exempt 10.2.0.0/16",
  "rule 10 protocol tcp",
  "rule 15 source address 1.1.1.1",
  "rule 9 log on",
];
const AFTER = [
  "exempt 10.2.0.0/16",
  "exempt 10.3.0.0/16",
  "rule 10 protocol udp",
  "rule 15 source address 1.1.1.1",
  "rule 15 source port 5",
  "rule 100",
];

describe("show", () => {
  it("marks every line, in the engine's order", () => {
    expect(renderShow(tree(...BEFORE), tree(...AFTER), templates, [])).toBe(
      [
        " policy-route {",
        "-    disable",
        "-    exempt 10.1.0.0/16",
        ">    exempt 10.2.0.0/16",
        "+    exempt 10.3.0.0/16",
        "-    rule 9 {",
        "-        log on",
        "-    }",
        "     rule 10 {",
        ">        protocol udp",
        "     }",
        "     rule 15 {",
        "         source {",
        "             address 1.1.1.1",
        "+            port 5",
        "         }",
        "     }",
        "+    rule 100 {",
        "+    }",
        " }",
        "",
      ].join("\n"),
    );
  });

  it("shows a node, a value or nothing", () => {
    const same = tree(...BEFORE);
    expect(renderShow(same, same, templates, ["policy-route", "rule"])).toBe(
      " rule 9 {\n     log on\n }\n rule 10 {\n     protocol tcp\n }\n rule 15 {\n     source {\n         address 1.1.1.1\n     }\n }\n",
    );
    expect(renderShow(same, same, templates, ["policy-route", "exempt"])).toBe(" exempt 10.1.0.0/16\n exempt 10.2.0.0/16\n");
    expect(renderShow(same, same, templates, ["policy-route", "exempt", "10.2.0.0/16"])).toBe(" exempt 10.2.0.0/16\n");
    expect(renderShow(same, same, templates, ["policy-route", "rule", "11"])).toBeUndefined();
  });

  it("puts quotes where the engine does", () => {
    const odd = tree(
      "rule 1 protocol ''",
      "rule 2 protocol 'a b'",
      "rule 3 protocol 'a;b'",
      "rule 4 protocol '#a\\b,c|d&e<f>(g)[h]?'",
    );
    expect(renderShow(odd, odd, templates, ["policy-route"])).toBe(
      ' rule 1 {\n     protocol ""\n }\n rule 2 {\n     protocol "a b"\n }\n rule 3 {\n     protocol "a;b"\n }\n' +
        " rule 4 {\n     protocol #a\\b,c|d&e<f>(g)[h]?\n }\n",
    );
  });
});

describe("compare", () => {
  it("shows only what differs, below its context", () => {
    expect(renderComparison(tree(...BEFORE), tree(...AFTER), templates)).toBe(
      [
        "[edit policy-route]",
        "-disable",
        "-exempt 10.1.0.0/16",
        ">exempt 10.2.0.0/16",
        "+exempt 10.3.0.0/16",
        "-rule 9 {",
        "-    log on",
        "-}",
        "[edit policy-route rule 10]",
        ">protocol udp",
        "[edit policy-route rule 15 source]",
        "+port 5",
        "[edit policy-route]",
        "+rule 100 {",
        "+}",
        "",
      ].join("\n"),
    );
    expect(renderComparison(tree(...BEFORE), tree(...BEFORE), templates)).toBe("");
  });
});

describe("merge", () => {
  const merged = (base: string[], mine: string[], theirs: string[]) => {
    const { tree: result, conflicts } = mergeTrees(tree(...base), tree(...mine), tree(...theirs), templates);
    return {
      shown: renderShow(result, result, templates, ["policy-route"]),
      conflicts: conflicts.map(({ path, kind }) => `${path.join(" ")}: ${kind}`),
    };
  };

  it("takes what only one side changed", () => {
    expect(merged(["disable", "rule 1 protocol a"], ["rule 1 protocol a"], ["disable", "rule 1 protocol b", "rule 2"])).toEqual({
      shown: " rule 1 {\n     protocol b\n }\n rule 2 {\n }\n",
      conflicts: [],
    });
  });

  it("brings additions and deletions of a multi together", () => {
    const [a, b, c, d] = ["exempt 10.1.0.0/16", "exempt 10.2.0.0/16", "exempt 10.3.0.0/16", "exempt 10.4.0.0/16"];
    expect(merged([a, b], [b, c], [a, b, d])).toEqual({ shown: ` ${b}\n ${d}\n ${c}\n`, conflicts: [] });
  });

  it("says where a leaf was changed on both sides, and where a deletion wins", () => {
    expect(merged(["rule 1 protocol a"], ["rule 1 protocol b"], ["rule 1 protocol c"])).toEqual({
      shown: " rule 1 {\n     protocol b\n }\n",
      conflicts: ["policy-route rule 1 protocol: overridden"],
    });
    expect(merged(["rule 1 protocol a"], [], ["rule 1 protocol c"]).conflicts).toEqual(["policy-route: overridden"]);
    expect(merged(["rule 1 protocol a"], ["rule 1 protocol b"], ["rule 1 protocol b"]).conflicts).toEqual([]);
  });

  it("keeps the whole of an edited rule that they deleted", () => {
    expect(
      merged(["rule 1 protocol a", "rule 1 source port 1"], ["rule 1 protocol b", "rule 1 source port 1"], ["disable"]),
    ).toEqual({
      shown: " disable\n rule 1 {\n     protocol b\n     source {\n         port 1\n     }\n }\n",
      conflicts: ["policy-route rule 1: deleted"],
    });
  });
});
