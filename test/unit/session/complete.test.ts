import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { complete } from "../../../src/session/complete.ts";
import { askHelp, pressTab } from "../../../src/session/complete-line.ts";
import { smallProgram } from "./fixture.ts";
import { newFolder, type Opened, open, removeFolders } from "./open.ts";

afterEach(removeFolders);

const MORE = {
  "config/policy-route/uplink": `tag:\ntype: txt\nhelp: Uplink\nallowed: cli-shell-api listNodes policy-route uplink | tr -d "'"\n`,
  "config/policy-route/rule/node.tag/port":
    'type: u32\nhelp: Port\nval_help: u32:1-65535; Number\nval_help: !ipv4; Odd\nval_help: _start-end; Range\ncomp_help: First line\n second line\nallowed: echo 80 \'"4 43"\' "<x>"\n',
  "config/policy-route/rule/node.tag/slow": "type: txt\nhelp: Slow\nallowed: sleep 20; echo late\n",
  "config/policy-route/rule/node.tag/broken": "type: txt\nhelp: Broken\nallowed: echo half; exit 1\n",
  "op/show/policy-route": "help: Show policy routing\nrun: echo shown $*\n",
  "op/show/policy-route/uplink": "help: Show uplinks\n",
  "op/show/policy-route/uplink/node.tag": `help: Show one uplink\nallowed: cli-shell-api listActiveNodes policy-route uplink | tr -d "'"\nrun: echo "one $4"; exit 7\n`,
};
const opened = () => open(newFolder(), smallProgram("true", MORE));
const tab = async ({ session, world }: Opened, line: string) => pressTab(session, world, line);
const help = async ({ session, world }: Opened, line: string) => askHelp(session, world, line);

describe("TAB", () => {
  it("writes a word out, as far as all possible words agree", async () => {
    const one = await opened();
    expect(await tab(one, "se")).toEqual({ insert: "t ", help: "" });
    expect(await tab(one, "set pol")).toEqual({ insert: "icy-route ", help: "" });
    expect(await tab(one, "set policy-route ")).toMatchObject({ insert: "" });
    expect(await tab(one, "set policy-route d")).toEqual({ insert: "isable ", help: "" });
    expect(await tab(one, "set policy-route rule 10 s")).toMatchObject({
      insert: "",
      help: expect.stringContaining("  slow\t\tSlow"),
    });
    expect(await tab(one, "set policy-route backend n")).toEqual({ insert: "ftables ", help: "" });
  });

  it("offers for delete and show what is configured", async () => {
    const one = await opened();
    await one.type("set policy-route rule 10 protocol tcp", "set policy-route rule 11");
    expect(await tab(one, "delete policy-route ")).toEqual({ insert: "rule ", help: "" });
    expect(await tab(one, "delete policy-route rule ")).toEqual({ insert: "1", help: "" });
    expect(await tab(one, "show policy-route rule 10 ")).toEqual({ insert: "protocol ", help: "" });
    expect(await tab(one, "delete policy-route rule 10 protocol ")).toEqual({ insert: "tcp ", help: "" });
  });

  it("asks the completion scripts of the templates", async () => {
    const one = await opened();
    await one.type("set policy-route uplink dsl", "commit", "set policy-route uplink lte");
    expect(await help(one, "set policy-route uplink ")).toBe("Possible completions:\n  <text>\tUplink\n  dsl\n  lte");
    expect(await help(one, "run show policy-route uplink ")).toBe("Possible completions:\n  dsl\t\tShow one uplink");
    expect(await tab(one, "run show policy-route uplink ")).toEqual({ insert: "dsl ", help: "" });
  });

  it("works below an edit level", async () => {
    const one = await opened();
    await one.type("edit policy-route rule 10");
    expect(await tab(one, "set pro")).toEqual({ insert: "tocol ", help: "" });
  });

  it("leaves a script that hangs or fails", async () => {
    const one = await opened();
    const started = Date.now();
    expect(await tab(one, "set policy-route rule 10 slow ")).toEqual({
      insert: "",
      help: "Possible completions:\n  <text>\tSlow",
    });
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(await help(one, "set policy-route rule 10 broken ")).toBe("Possible completions:\n  <text>\tBroken");
  });
});

it("offers configuration files that are there to load and save", async () => {
  const root = newFolder();
  mkdirSync(join(root, "config"));
  for (const name of ["config.boot", "office.config", "notes.txt"]) writeFileSync(join(root, "config", name), "");
  const one = await open(root, smallProgram("true", MORE));
  expect((await complete(one.session, one.world, "load ")).words).toEqual(["config.boot", "office.config"]);
  expect(await tab(one, "save o")).toEqual({ insert: "ffice.config ", help: "" });
  expect(await help(one, "load ")).toContain("<file>\tLoad from file on local machine");
});

it.each([
  ["set policy-route uplink ", ["dsl", "lte"]],
  ["set policy-route rule ", ["10"]],
  ["set policy-route group web uplink ", ["dsl", "lte"]],
  ["set policy-route rule 10 set uplink ", ["dsl", "lte"]],
  ["set policy-route rule 10 set reply-uplink ", ["dsl", "lte"]],
  ["set policy-route rule 10 set group ", ["web"]],
  ["set policy-route rule 10 set table ", ["main"]],
  ["set policy-route rule 10 user ", ["root"]],
  ["set policy-route rule 10 user-group ", ["root"]],
  ["set policy-route uplink dsl interface ", ["lo"]],
  ["set policy-route rule 10 inbound-interface ", ["lo"]],
  ["set policy-route rule 10 source interface-network ", ["lo"]],
  ["set policy-route uplink dsl gateway ", ["dhcp", "none", "ppp"]],
  ["set policy-route uplink dsl if-down ", ["main", "prohibit"]],
  ["set policy-route rule 10 protocol ", ["tcp", "tcp_udp", "icmp"]],
  ["run ", ["show", "force", "restart", "test", "generate"]],
  ["run show policy-route ", ["uplink", "group", "rule", "table", "events"]],
  ["run show policy-route events ", ["100"]],
])("the product's own templates: %s offers %j", async (line, words) => {
  const { session, world, type } = await open();
  await type(
    "set policy-route uplink dsl interface eth1",
    "set policy-route uplink lte",
    "set policy-route group web uplink dsl",
  );
  await type("set policy-route rule 10 protocol tcp");
  const completion = await complete(session, world, line);
  expect(completion.words).toEqual(expect.arrayContaining(words));
  expect(completion.problem).toBeUndefined();
});

describe("?", () => {
  it("shows formats, values and details in the engine's layout", async () => {
    expect(await help(await opened(), "set policy-route rule 10 port ")).toBe(
      [
        "Possible completions:",
        "  <1-65535>\tNumber",
        "  !<x.x.x.x>\tOdd",
        "  start-end\tRange",
        "  80",
        "  4 43",
        "  <x>",
        "",
        "Detailed information:",
        "  First line",
        "   second line",
      ].join("\n"),
    );
  });

  it("shows what ends a command", async () => {
    const one = await opened();
    const enter = "Possible completions:\n  <Enter>\tExecute the current command";
    expect(await help(one, "set policy-route disable ")).toBe(enter);
    expect(await help(one, "set policy-route rule 10 protocol tcp ")).toBe(enter);
    expect(await help(one, "discard ")).toBe(enter);
    expect(await help(one, "exit ")).toBe(`${enter}\n  discard\tDiscard any changes`);
    expect(await help(one, "run show policy-route ")).toBe(`${enter}\n  uplink\tShow uplinks`);
    expect(await help(one, "rename rule 1 ")).toBe("Possible completions:\n  to\t\tSet destination");
  });

  it("says what is wrong already", async () => {
    const one = await opened();
    expect(await help(one, "xyz ")).toBe("  Invalid command: [xyz]");
    expect(await help(one, "x")).toBe("  Invalid command: [x]");
    expect(await help(one, "set policy-route x")).toBe("  Configuration path: policy-route [x] is not valid");
    expect(await help(one, "set policy-route rule 10 protocol tcp x ")).toContain("is not valid");
    expect(await help(one, "run show x ")).toBe("  Invalid command: [x]");
  });

  it("has help for every command of the list", async () => {
    const text = await help(await opened(), "");
    for (const name of [
      "commit",
      "compare",
      "delete",
      "discard",
      "edit",
      "exit",
      "load",
      "run",
      "save",
      "set",
      "show",
      "top",
      "up",
    ]) {
      expect(text).toMatch(new RegExp(`^  ${name}\t+[A-Z]`, "m"));
    }
  });
});

describe("run", () => {
  it("expands the words and does not hand on the exit status", async () => {
    const one = await opened();
    expect(await one.type("run sho pol")).toBe("shown show policy-route\n");
    expect(await one.type("run show policy-route uplink 'a b;c'")).toBe("one a b;c\n");
    expect(await one.outcomeOf("run show policy-route uplink dsl")).toBe("fine");
  });

  it("says what is incomplete and what is no command", async () => {
    const one = await opened();
    expect(await one.type("run")).toBe("\n  Incomplete command: run\n\n");
    expect(await one.type("run show")).toBe("\n  Incomplete command: show\n\n");
    expect(await one.type("run show policy-route uplink")).toBe("\n  Incomplete command: show policy-route uplink\n\n");
    expect(await one.type("run reboot now")).toBe("\n  Invalid command: [reboot]\n\n");
    expect(await one.outcomeOf("run show policy-route x")).toBe("failed");
  });
});
