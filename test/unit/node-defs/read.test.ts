import { expect, test } from "vitest";
import type { DefinitionError } from "../../../src/node-defs/definition.ts";
import { compileTemplates } from "../../../src/node-defs/templates.ts";

const owner = 'owner="/usr/lib/policy-route/libexec/commit"';
const top = (children: string): string =>
  `<interfaceDefinition><node name="demo" ${owner}><properties><help>Demo</help><priority>910</priority></properties><children>${children}</children></node></interfaceDefinition>`;
const leaf = (name: string, properties = "", after = ""): string =>
  `<leafNode name="${name}"><properties><help>Help</help><valueHelp><format>txt</format><description>Text</description></valueHelp>${properties}</properties>${after}</leafNode>`;
const constraint = (inside: string): string =>
  `<constraint>${inside}</constraint><constraintErrorMessage>No</constraintErrorMessage>`;
const op = (inside: string): string =>
  `<interfaceDefinition><node name="show"><children>${inside}</children></node></interfaceDefinition>`;
const opLeaf = (name: string): string =>
  `<leafNode name="${name}"><properties><help>Help</help></properties><command>true</command></leafNode>`;

/** The problems of compiling one config file (or several), as the tool prints them. */
function problemsOf(...xml: string[]): string[] {
  return errorOf(() => compileTemplates(xml.map((text, index) => ({ file: `${"abc"[index]}.xml`, xml: text }))));
}

function opProblemsOf(xml: string): string[] {
  return errorOf(() => compileTemplates([{ file: "op-a.xml", xml }]));
}

function errorOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    expect((error as DefinitionError).name).toBe("DefinitionError");
    return (error as Error).message.split("\n");
  }
  return [];
}

test("the smallest definition compiles", () => {
  expect(problemsOf(top(leaf("x")))).toEqual([]);
  expect(opProblemsOf(op(opLeaf("x")))).toEqual([]);
});

test.each([
  ["not well-formed", "<interfaceDefinition>\n<node>\n</interfaceDefinition>", /^a\.xml: line 3: .*opened in line 2/],
  ["another root", "<nodes/>", "a.xml: the root has to be interfaceDefinition, not nodes"],
  ["unknown element at the top", top("<thing/>"), "a.xml: demo: element thing in children is not known"],
  ["unknown property", top(leaf("x", "<colour>red</colour>")), "a.xml: demo x: element colour in properties is not known"],
  [
    "a VyOS property this compiler has no form for",
    top(leaf("x", "<secret/>")),
    "a.xml: demo x: element secret in properties is not known",
  ],
  [
    "unknown attribute",
    top('<leafNode name="x" colour="red"><properties><help>H</help><valueless/></properties></leafNode>'),
    "a.xml: demo x: attribute colour of leafNode is not known",
  ],
  ["unknown validator", top(leaf("x", constraint('<validator name="nosuch"/>'))), "a.xml: demo x: validator nosuch is not known"],
  [
    "unknown completion",
    top(leaf("x", "<completionHelp><thing/></completionHelp>")),
    "a.xml: demo x: element thing in completionHelp is not known",
  ],
  ["missing help", top('<leafNode name="x"><properties><valueless/></properties></leafNode>'), "a.xml: demo x: help is missing"],
  ["help of two lines", top(leaf("x").replace("Help", "two\nlines")), "a.xml: demo x: help has to be one line"],
  [
    "missing value help",
    top('<leafNode name="x"><properties><help>H</help></properties></leafNode>'),
    "a.xml: demo x: valueHelp is missing",
  ],
  [
    "a semicolon in value help",
    top(leaf("x", "<valueHelp><format>a</format><description>b; c</description></valueHelp>")),
    'a.xml: demo x: value help "a": the engine splits at ";"',
  ],
  [
    "missing message",
    top(leaf("x", "<constraint><regex>a</regex></constraint>")),
    "a.xml: demo x: constraintErrorMessage is missing",
  ],
  [
    "a pattern outside the subset",
    top(leaf("x", constraint("<regex>\\d+</regex>"))),
    'a.xml: demo x: pattern "\\d+": "\\d" is outside the subset',
  ],
  [
    "a pattern that is too long",
    top(leaf("x", constraint(`<regex>${"a".repeat(5000)}</regex>`))),
    "a.xml: demo x: the pattern has 5004 characters, more than 4000",
  ],
  [
    "a wrong range",
    top(leaf("x", constraint('<validator name="numeric" argument="--range 5-1"/>'))),
    'a.xml: demo x: numeric needs an argument like "--range 1-10", not "--range 5-1"',
  ],
  [
    "two programs",
    top(leaf("x", constraint('<validator name="port"/><validator name="name"/>'))),
    "a.xml: demo x: only one validator can be a program",
  ],
  [
    "an argument for the shell",
    top(leaf("x", constraint('<validator name="port" argument="$(id)"/>'))),
    'a.xml: demo x: argument "$(id)" may hold only letters, digits, spaces and -',
  ],
  ["a name with a capital", top(leaf("X")), 'a.xml: demo X: the name "X" may hold only a-z, 0-9 and -'],
  ["a name that leaves the folder", top(leaf("../x")), 'a.xml: demo ../x: the name "../x" may hold only a-z, 0-9 and -'],
  [
    "no name",
    top("<leafNode><properties><help>H</help><valueless/></properties></leafNode>"),
    'a.xml: demo : the name "" may hold only a-z, 0-9 and -',
  ],
  ["two helps", top(leaf("x", "<help>Again</help>")), "a.xml: demo x: help is given twice"],
  [
    "a default of a multi node",
    top(leaf("x", "<multi/>", "<defaultValue>a</defaultValue>")),
    "a.xml: demo x: only a leaf with one value has a default",
  ],
  [
    "a second owner",
    top(leaf("x").replace('name="x"', `name="x" ${owner}`)),
    "a.xml: demo x: a second owner: only the top node has one",
  ],
  [
    "a second priority",
    top(leaf("x", "<priority>500</priority>")),
    "a.xml: demo x: a second priority: only the top node has one",
  ],
  ["no owner", top(leaf("x")).replace(owner, ""), "a.xml: demo: the top node needs an owner and a priority"],
  ["a priority that is no number", top(leaf("x")).replace("910", "0x10"), 'a.xml: demo: priority "0x10" is not a number 1-9999'],
])("%s", (_, xml, expected) => {
  const problems = problemsOf(xml);
  if (expected instanceof RegExp) expect(problems[0]).toMatch(expected);
  else expect(problems).toContain(expected);
});

test("two definitions of one node, in one file and in two", () => {
  expect(problemsOf(top(leaf("x") + leaf("x")))).toEqual(["a.xml: demo x: defined twice (also in a.xml)"]);
  expect(problemsOf(top(leaf("x")), top(leaf("y")))).toEqual(["b.xml: demo: defined twice (also in a.xml)"]);
  const tag = '<tagNode name="x"><children/></tagNode>';
  expect(problemsOf(top(`${leaf("x")}${tag}`))).toEqual(["a.xml: demo x: defined twice (also in a.xml)"]);
});

test("a second file may add children to a container, under the first one's help", () => {
  const files = compileTemplates([
    { file: "a.xml", xml: top(leaf("x")) },
    {
      file: "b.xml",
      xml: `<interfaceDefinition><node name="demo"><children>${leaf("y")}</children></node></interfaceDefinition>`,
    },
  ]);
  expect([...files.keys()]).toEqual(["config/demo/node.def", "config/demo/x/node.def", "config/demo/y/node.def"]);
});

test("all problems of all files are reported together", () => {
  expect(problemsOf(top(leaf("X") + leaf("y", "<colour/>")), "<nodes/>")).toHaveLength(3);
});

test("op mode: a word may be a node and a tag node, nothing else twice", () => {
  const node = '<node name="x"><properties><help>All</help></properties><command>all</command></node>';
  const tag = '<tagNode name="x"><properties><help>One</help></properties><command>one "$3"</command></tagNode>';
  const files = compileTemplates([{ file: "op-a.xml", xml: op(node + tag) }]);
  expect([...files.keys()]).toEqual(["op/show/x/node.def", "op/show/x/node.tag/node.def"]);
  expect(files.get("op/show/x/node.def")).toContain("help: All\nrun: all\n");
  expect(files.get("op/show/x/node.tag/node.def")).toContain('help: One\nrun: one "$3"\n');
  expect(opProblemsOf(op(node + node))).toEqual(["op-a.xml: show x: defined twice (also in op-a.xml)"]);
  expect(opProblemsOf(op(tag + opLeaf("x")))).toEqual(["op-a.xml: show x: defined twice (also in op-a.xml)"]);
});

test("op mode: a tag without a node of its name gets the word's help", () => {
  const tag = '<tagNode name="x"><properties><help>One</help></properties><command>one</command></tagNode>';
  const files = compileTemplates([{ file: "op-a.xml", xml: op(tag) }]);
  expect([...files.keys()]).toEqual(["op/show/x/node.def", "op/show/x/node.tag/node.def"]);
  expect(files.get("op/show/x/node.def")).not.toContain("run:");
});

test("op mode: another package's word may get neither help nor command", () => {
  const owned = '<interfaceDefinition><node name="show"><properties><help>Show</help></properties></node></interfaceDefinition>';
  expect(opProblemsOf(owned)).toContain('op-a.xml: show: "show" belongs to another package: no properties, no command');
  expect(opProblemsOf(op('<leafNode name="x"><properties><help>H</help></properties></leafNode>'))).toEqual([
    "op-a.xml: show x: neither a command nor children",
  ]);
  expect(opProblemsOf(op('<leafNode name="x"><properties/><command>true</command></leafNode>'))).toEqual([
    "op-a.xml: show x: help is missing",
  ]);
  expect(opProblemsOf(op(opLeaf("x").replace("<help>", "<priority>1</priority><help>")))).toEqual([
    "op-a.xml: show x: element priority in properties is not known",
  ]);
});

test("entities and comments are read as XML means them, and quotes reach the node.def escaped", () => {
  const files = compileTemplates([
    {
      file: "a.xml",
      xml: top(
        `<!-- note -->${leaf("x", '<constraint><regex>a\\.b&amp;</regex></constraint><constraintErrorMessage>no "$VAR(@)"</constraintErrorMessage>')}`,
      ),
    },
  ]);
  expect(files.get("config/demo/x/node.def")).toContain(
    'syntax:expression: pattern $VAR(@) "^(a\\\\.b&)$" ; "no \\"$VAR(@)\\""\n',
  );
});
