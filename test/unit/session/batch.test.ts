import { mkdirSync, symlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { openSession } from "../../../src/session/open-session.ts";
import { runBatch } from "../../../src/session/run-batch.ts";
import { smallProgram } from "./fixture.ts";
import { newFolder, open, programWith, REPOSITORY, removeFolders } from "./open.ts";

afterEach(removeFolders);

async function batch(...lines: readonly string[]) {
  const one = await open(newFolder(), smallProgram("true"));
  let printed = "";
  const print = (text: string) => {
    printed += text;
  };
  const world = { ...one.world, out: print, err: print };
  const isFine = await runBatch(one.session, world, lines, "x.cmds");
  return { isFine, printed, running: await one.world.host.read(one.world.paths.activeConfig) };
}

describe("a batch", () => {
  it("takes comments, empty lines, indentation, CRLF and a last line without newline", async () => {
    const { isFine, printed, running } = await batch(
      "# all of it",
      "",
      "  set policy-route disable  \r",
      "\t# more",
      "commit\r",
      "exit",
    );
    expect({ isFine, printed, running }).toEqual({
      isFine: true,
      printed: "Warning: configuration changes have not been saved.\n",
      running: "set 'policy-route' 'disable'\n",
    });
  });

  it("stops at the first failure, with its line and what is committed", async () => {
    const { isFine, printed, running } = await batch(
      "set policy-route disable",
      "commit",
      "",
      "set policy-route x",
      "delete policy-route",
      "commit",
    );
    expect(isFine).toBe(false);
    expect(printed).toMatch(
      /x\.cmds, line 4: "set policy-route x" failed; the rest was not run, what was committed in line 2 stays committed\n$/,
    );
    expect(running).toBe("set 'policy-route' 'disable'\n");
    expect((await batch("set policy-route x")).printed).toMatch(/line 1: .* nothing was committed\n$/);
  });

  it("takes a commit without changes as fine, so that a script can be run twice", async () => {
    expect(await batch("set policy-route disable", "commit", "set policy-route disable", "commit")).toMatchObject({
      isFine: true,
    });
  });

  it("warns of edits that nobody committed", async () => {
    expect(await batch("set policy-route disable")).toEqual({
      isFine: true,
      printed: 'x.cmds: it ends with uncommitted changes; they are discarded. A last line "commit" applies them\n',
      running: undefined,
    });
  });

  it("runs nothing after exit", async () => {
    expect((await batch("set policy-route disable", "exit discard", "commit")).running).toBeUndefined();
  });
});

describe("the product's own templates", () => {
  it("take the seed's router", async () => {
    const { type } = await open();
    const said = await type(
      "set policy-route exempt destination 192.168.0.0/16",
      "set policy-route uplink dsl interface eth1",
      "set policy-route uplink dsl gateway dhcp",
      "set policy-route uplink dsl table 20",
      "set policy-route uplink dsl table-name 510sg",
      "set policy-route uplink dsl mark 20",
      "set policy-route uplink dsl if-down main",
      "set policy-route uplink dsl source-nat masquerade",
      "set policy-route rule 10 source interface-network eth0",
      "set policy-route rule 10 protocol tcp",
      "set policy-route rule 10 destination port 143,80,443,8000",
      "set policy-route rule 10 set uplink dsl",
    );
    expect(said).toBe("");
  });

  it("run what lies beside them, from a folder with any name", async () => {
    const folder = `${newFolder()}/it's "here"; $(false) \`x\``;
    mkdirSync(folder);
    symlinkSync(`${REPOSITORY}/templates`, `${folder}/templates`);
    symlinkSync(`${REPOSITORY}/libexec`, `${folder}/libexec`);
    const { type } = await open(newFolder(), folder);
    expect(await type("set policy-route rule 10 destination port 80,http,90-95")).toBe("");
    expect(await type("set policy-route rule 10 destination port 70000")).toContain('Invalid port "70000"');
  });

  it("name the file when one is malformed", async () => {
    const { world } = await open();
    const program = programWith({ "config/policy-route": "help: x\ntype: nonsense\n" });
    await expect(openSession(world, program)).rejects.toThrow('config/policy-route/node.def:2: unknown type "nonsense"');
  });
});
