import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConfigTree, EMPTY_TREE } from "../../../src/config/config-tree.ts";
import { parseCurly } from "../../../src/config/parse-curly.ts";
import { parseSetCommands } from "../../../src/config/parse-set-commands.ts";
import { renderCurly, renderSetCommands } from "../../../src/config/render-tree.ts";
import { type Drafts, LimitError, withoutPath, withPath } from "../../../src/session/edit-tree.ts";
import { kindsOf } from "../../../src/session/kind-of.ts";
import { mergeTrees } from "../../../src/session/merge-trees.ts";
import type { NodeTemplate } from "../../../src/session/node-template.ts";
import { renderComparison, renderShow } from "../../../src/session/render-config.ts";
import { sameConfig } from "../../../src/session/same-trees.ts";
import { smallProgram } from "./fixture.ts";
import { newFolder, open, removeFolders } from "./open.ts";

let templates: NodeTemplate;
beforeAll(async () => {
  templates = (await open(newFolder(), smallProgram("true"))).session.templates;
});
afterAll(removeFolders);

const rule = fc.constantFrom("1", "2", "9", "10", "100");
const value = fc.constantFrom("tcp", "udp", "a b", "", "x;y", "{", "#x", "//y", "10.0.0.0/8");
const path: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc.constant(["disable"]),
  fc.constantFrom("auto", "nftables").map((word) => ["backend", word]),
  value.map((word) => ["exempt", word]),
  rule.map((word) => ["rule", word]),
  rule.map((word) => ["rule", word, "source"]),
  fc.tuple(rule, fc.constantFrom("protocol", "log"), value).map(([name, leaf, word]) => ["rule", name, leaf, word]),
  fc.tuple(rule, fc.constantFrom("address", "port"), value).map(([name, leaf, word]) => ["rule", name, "source", leaf, word]),
);
const edits = fc.array(fc.tuple(fc.constantFrom("set", "set", "set", "delete"), path), { maxLength: 25 });

function edited(start: ConfigTree, steps: readonly (readonly [string, readonly string[]])[], drafts?: Drafts): ConfigTree {
  return steps.reduce((tree, [verb, words]) => {
    const full = ["policy-route", ...words];
    if (verb === "delete") return withoutPath(tree, templates, full);
    try {
      return withPath(tree, templates, full, drafts);
    } catch (error) {
      if (error instanceof LimitError) return tree;
      throw error;
    }
  }, start);
}

/** An own notion of sameness, apart from the renderers: the sets of paths, and for multis the order. */
function facts(tree: ConfigTree): string[] {
  const walk = (at: ConfigTree, above: readonly string[]): string[] =>
    [...at.children].flatMap(([word, child], index) => {
      const isMulti = above.at(-1) === "exempt" || above.at(-1) === "address";
      return [[...above, word, isMulti ? index : ""].join("\0"), ...walk(child, [...above, word])];
    });
  return walk(tree, []).sort();
}

describe("any edits", () => {
  it("compare is empty exactly when both configurations are the same", () => {
    fc.assert(
      fc.property(edits, edits, (first, second) => {
        const before = edited(EMPTY_TREE, first);
        const after = edited(before, second);
        const same = JSON.stringify(facts(before)) === JSON.stringify(facts(after));
        expect(renderComparison(before, after, templates) === "").toBe(same);
        expect(sameConfig(before, after, templates)).toBe(same);
        const read = parseSetCommands(renderSetCommands(before, kindsOf(templates)));
        expect(sameConfig(read, after, templates)).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  it("are the same in any order, but for the values of a multi", () => {
    const read = (...lines: string[]) => parseSetCommands(lines.map((line) => `set policy-route ${line}\n`).join(""));
    const both = (...lines: string[]) => sameConfig(read(...lines), read(...[...lines].reverse()), templates);
    expect(both("rule 1", "rule 2 source address x", "disable")).toBe(true);
    expect(both("exempt 10.0.0.0/8", "exempt 10.1.0.0/16")).toBe(false);
  });

  it("in place make the same configuration, and change none that was there before", () => {
    fc.assert(
      fc.property(edits, edits, (first, second) => {
        const before = edited(EMPTY_TREE, first);
        const [was, steps] = [facts(before), second.filter(([verb]) => verb === "set")];
        const wanted = facts(edited(before, steps));
        expect(facts(edited(before, steps, new WeakSet()))).toEqual(wanted);
        expect(facts(before)).toEqual(was);
      }),
      { numRuns: 300 },
    );
  });

  it("what is shown and saved reads back as the same configuration", () => {
    fc.assert(
      fc.property(edits, (steps) => {
        const tree = edited(EMPTY_TREE, steps);
        const kinds = kindsOf(templates);
        const shown = (renderShow(tree, tree, templates, []) ?? "").replace(/^ /gm, "");
        expect(shown).toBe(renderCurly(tree, kinds));
        expect(renderComparison(parseCurly(shown).tree, tree, templates)).toBe("");
        expect(renderComparison(parseSetCommands(renderSetCommands(tree, kinds)), tree, templates)).toBe("");
      }),
      { numRuns: 500 },
    );
  });

  it("show from one to the other holds both of them", () => {
    fc.assert(
      fc.property(edits, edits, (first, second) => {
        const [before, after] = [edited(EMPTY_TREE, first), edited(EMPTY_TREE, second)];
        const lines = (renderShow(before, after, templates, []) ?? "").split("\n").slice(0, -1);
        const side = (marks: string) =>
          lines
            .filter((line) => marks.includes(line[0] ?? "?"))
            .map((line) => `${line.slice(1)}\n`)
            .join("");
        expect(side("+> ")).toBe(renderCurly(after, kindsOf(templates)));
      }),
      { numRuns: 500 },
    );
  });

  it("a merge with what nobody else changed is one's own; sides that did not meet are both kept", () => {
    fc.assert(
      fc.property(edits, edits, (first, second) => {
        const base = edited(EMPTY_TREE, first);
        const mine = edited(base, second);
        expect(mergeTrees(base, mine, base, templates)).toEqual({ tree: mine, conflicts: [] });
        const theirs = mergeTrees(base, base, mine, templates);
        expect(renderComparison(theirs.tree, mine, templates)).toBe("");
        expect(theirs.conflicts).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
