import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { realSessionFiles } from "../../../src/host/session-files.ts";
import { recorded, recordingEnd, smallProgram } from "./fixture.ts";
import { newFolder, open, removeFolders } from "./open.ts";

afterEach(removeFolders);

async function recording() {
  const folder = newFolder();
  const root = newFolder();
  const program = smallProgram(recordingEnd(folder));
  return { folder, root, program, refuse: `${folder}/refuse`, ...(await open(root, program)) };
}

describe("commit", () => {
  it("runs the end action once, with both configurations and the action, and makes the proposed one the running one", async () => {
    const { type, folder, root, world } = await recording();
    await type("set policy-route rule 10 protocol tcp");
    expect(await type("commit")).toBe("");
    expect(recorded(folder)).toBe(
      "action SET\n---\nset 'policy-route' 'backend' 'auto'\nset 'policy-route' 'rule' '10' 'log' 'off'\nset 'policy-route' 'rule' '10' 'protocol' 'tcp'\n",
    );
    expect(await world.host.read(`${root}/run/policy-route/active.config`)).toBe(
      "set 'policy-route' 'rule' '10' 'protocol' 'tcp'\n",
    );
    expect(await type("show policy-route rule 10")).toBe(" protocol tcp\n");
    expect(await world.host.read(`${world.folder}/root`)).toBe(root);
    expect(statSync(world.folder).mode & 0o777).toBe(0o700);
  });

  it("says ACTIVE for a change below, DELETE for the whole, nothing for no change", async () => {
    const { type, folder } = await recording();
    await type(
      "set policy-route rule 10 protocol tcp",
      "commit",
      "set policy-route rule 10 protocol udp",
      "commit",
      "delete policy-route",
      "commit",
    );
    expect(recorded(folder).match(/action \w+/g)).toEqual(["action SET", "action ACTIVE", "action DELETE"]);
    expect(recorded(folder)).toMatch(/---\n$/);
    expect(await type("commit")).toBe("No configuration changes to commit\n");
    await type("set policy-route rule 10", "delete policy-route");
    expect(await type("commit")).toBe("No configuration changes to commit\n");
  });

  it("runs for a leaf set to its default", async () => {
    const { type, folder } = await recording();
    await type("set policy-route disable", "commit", "set policy-route backend auto", "commit");
    expect(recorded(folder).match(/action \w+/g)).toHaveLength(2);
  });

  it("keeps the old configuration running and the edits in the session when the action fails", async () => {
    const { type, outcomeOf, refuse, root, world } = await recording();
    await type("set policy-route rule 10 protocol tcp", "commit");
    writeFileSync(refuse, "");
    await type("set policy-route rule 10 protocol udp");
    expect(await type("commit")).toBe("[ policy-route ]\ncould not apply: bad thing\n\n[[policy-route]] failed\nCommit failed\n");
    expect(await outcomeOf("commit")).toBe("failed");
    expect(await world.host.read(`${root}/run/policy-route/active.config`)).toContain("'tcp'");
    expect(await type("show policy-route rule 10")).toBe(">protocol udp\n");
    await type("delete policy-route");
    expect(await type("commit")).toBe(
      "[ policy-route ]\ncould not apply: bad thing\n\ndelete [ policy-route ] failed\nCommit failed\n",
    );
    rmSync(refuse);
    expect(await type("commit")).toBe("");
  });

  it("prints only the last two lines for a silent failure, and a header for output that goes well", async () => {
    const silent = await open(newFolder(), smallProgram("exit 3"));
    expect(await silent.type("set policy-route disable", "commit")).toBe("[[policy-route]] failed\nCommit failed\n");
    const chatty = await open(newFolder(), smallProgram("echo one; echo two >&2"));
    expect(await chatty.type("set policy-route disable", "commit")).toBe("[ policy-route ]\none\ntwo\n\n");
  });

  it("does not wait for a child that the action left in the background", async () => {
    const { type } = await open(newFolder(), smallProgram("sleep 20 & echo started"));
    const started = Date.now();
    expect(await type("set policy-route disable", "commit")).toBe("[ policy-route ]\nstarted\n\n");
    expect(Date.now() - started).toBeLessThan(10_000);
  });

  it("checks changed nodes again", async () => {
    const { type } = await open(
      newFolder(),
      smallProgram("true", {
        "config/policy-route/rule/node.tag": "",
        "config/policy-route/rule":
          'tag:\ntype: u32\nhelp: Rule\ncommit:expression: $VAR(./protocol/@) != ""; "protocol is required in $VAR(@)"\n',
      }),
    );
    expect(await type("set policy-route rule 10 source port 1", "commit")).toBe(
      "[ policy-route rule 10 ]\nprotocol is required in 10\n\n[[policy-route]] failed\nCommit failed\n",
    );
    expect(await type("set policy-route rule 10 protocol tcp", "commit")).toBe("");
  });

  it("checks the values of changed nodes again: a value that was fine may not be any more", async () => {
    const folder = newFolder();
    const { type } = await open(
      newFolder(),
      smallProgram("true", {
        "config/policy-route/rule/node.tag/protocol": `type: txt\nhelp: P\nsyntax:expression: exec "test ! -e ${folder}/gone" ; "$VAR(@) is gone"\n`,
      }),
    );
    await type("set policy-route rule 10 protocol tcp");
    writeFileSync(`${folder}/gone`, "");
    expect(await type("commit")).toBe(
      "[ policy-route rule 10 protocol tcp ]\ntcp is gone\n\n[[policy-route]] failed\nCommit failed\n",
    );
  });

  it("runs all actions in the engine's order", async () => {
    const folder = newFolder();
    const log = (name: string) => `${name}: echo "${name} $VAR(@) $COMMIT_ACTION" >>${folder}/log\n`;
    const all = ["begin", "create", "update", "delete", "end"].map(log).join("");
    const program = smallProgram(`echo "end top $COMMIT_ACTION" >>${folder}/log`, {
      "config/policy-route/rule": `tag:\ntype: u32\nhelp: Rule\n${all}`,
      "config/policy-route/rule/node.tag/protocol": `type: txt\nhelp: Protocol\n${all}`,
    });
    const { type } = await open(newFolder(), program);
    await type("set policy-route rule 10 protocol tcp", "commit");
    expect(recorded(folder)).toBe(
      "begin 10 SET\ncreate 10 SET\nbegin tcp SET\ncreate tcp SET\nend tcp SET\nend 10 SET\nend top SET\n",
    );
    rmSync(`${folder}/log`);
    await type("delete policy-route rule 10", "commit");
    expect(recorded(folder)).toBe(
      "begin 10 DELETE\nbegin tcp DELETE\ndelete tcp DELETE\nend tcp DELETE\ndelete 10 DELETE\nend 10 DELETE\nend top ACTIVE\n",
    );
  });

  it("leaves no folder behind, and clears away that of a session that was killed", async () => {
    const { world } = await recording();
    const dead = `${world.paths.run}/session.999999999.abc`;
    await world.host.write(`${dead}/root`, "");
    const folder = await realSessionFiles.openFolder(world.paths.run);
    expect(existsSync(dead)).toBe(false);
    await realSessionFiles.removeFolder(folder);
    await realSessionFiles.removeFolder(world.folder);
    expect(readdirSync(world.paths.run)).toEqual([]);
  });
});

describe("two sessions", () => {
  async function two() {
    const one = await recording();
    await one.type("set policy-route rule 10 protocol tcp", "set policy-route rule 20 protocol tcp", "commit");
    return { one, other: await open(one.root, one.program) };
  }

  it("merge what each changed", async () => {
    const { one, other } = await two();
    await one.type("set policy-route rule 10 protocol udp", "commit");
    await other.type("set policy-route rule 20 protocol icmp");
    expect(await other.type("commit", "show policy-route")).toBe(
      " rule 10 {\n     protocol udp\n }\n rule 20 {\n     protocol icmp\n }\n",
    );
  });

  it("say which value replaces another one", async () => {
    const { one, other } = await two();
    await one.type("set policy-route rule 10 protocol udp", "commit");
    expect(await other.type("set policy-route rule 10 protocol icmp", "commit")).toBe(
      'Warning: another session changed "policy-route rule 10 protocol" since; this commit replaces that\n',
    );
  });

  it("never bring a deleted rule back with half its matches", async () => {
    const { one, other } = await two();
    await one.type("delete policy-route rule 10", "commit");
    await other.type("set policy-route rule 10 source port 5");
    const said = await other.type("commit");
    expect(said).toContain('Another session deleted "policy-route rule 10" since');
    expect(said).toContain("Commit failed\n");
    expect(await other.type("compare")).toBe(
      "[edit policy-route]\n+rule 10 {\n+    protocol tcp\n+    source {\n+        port 5\n+    }\n+}\n",
    );
    expect(await other.type("commit")).toBe("");
  });

  it("do not commit at the same time", async () => {
    const { one } = await two();
    const release = await realSessionFiles.lockCommit(`${one.world.paths.run}/session.lock`);
    await one.type("set policy-route rule 30");
    expect(await one.type("commit")).toBe("Configuration system temporarily locked due to another commit in progress\n");
    release?.();
    expect(await one.outcomeOf("commit")).toBe("fine");
  });
});
