import { afterEach, describe, expect, it } from "vitest";
import { smallProgram } from "./fixture.ts";
import { newFolder, open, removeFolders } from "./open.ts";

afterEach(removeFolders);
const small = () => open(newFolder(), smallProgram("true"));

describe("set", () => {
  it("says what the engine says of a wrong path, and what is near", async () => {
    const { type, outcomeOf } = await small();
    expect(await type("set policy-route rulee 10")).toBe(
      '\n  Configuration path: policy-route [rulee] is not valid (did you mean "rule"?)\n  Set failed\n\n',
    );
    expect(await type("set firewall")).toBe("\n  Configuration path: [firewall] is not valid\n  Set failed\n\n");
    expect(await type("set policy-route disable yes")).toBe(
      "\n  Configuration path: policy-route disable [yes] is not valid\n  Set failed\n\n",
    );
    expect(await type("set policy-route rule 10 protocol tcp udp")).toContain(
      "policy-route rule 10 protocol tcp [udp] is not valid",
    );
    expect(await type("set policy-route rule 10 protocol")).toBe(
      "\n  The specified configuration node requires a value\n  Set failed\n\n",
    );
    expect(await type("set")).toContain("Set failed");
    expect(await outcomeOf("set policy-route rulee 10")).toBe("failed");
  });

  it("says what the engine says of a wrong value, of tags on the way too", async () => {
    const { type, outcomeOf } = await small();
    expect(await type("set policy-route backend x")).toBe("\n  auto or nftables\n  Value validation failed\n  Set failed\n\n");
    expect(await type("set policy-route rule 0 protocol tcp")).toBe("\n  1-9999\n  Value validation failed\n  Set failed\n\n");
    expect(await type(`set policy-route rule 10 protocol "it's"`)).toContain(
      "\n  Cannot use the single quote (') character in a value string\n  Value validation failed\n",
    );
    expect(await outcomeOf("set policy-route exempt x")).toBe("failed");
    expect(await type("show")).toBe("Configuration under specified path is empty\n");
  });

  it("replaces a leaf, adds to a multi, says what is there already", async () => {
    const { type, outcomeOf } = await small();
    await type("set policy-route rule 10 protocol tcp", "set policy-route rule 10 protocol udp");
    await type("set policy-route exempt 10.0.0.0/8", "set policy-route exempt 192.168.0.0/16");
    expect(await type("show")).toBe(
      "+policy-route {\n+    exempt 10.0.0.0/8\n+    exempt 192.168.0.0/16\n+    rule 10 {\n+        protocol udp\n+    }\n+}\n",
    );
    expect(await type("set policy-route rule 10 protocol udp")).toBe(
      "\n  Configuration path: [policy-route rule 10 protocol udp] already exists\n\n",
    );
    expect(await outcomeOf("set policy-route rule 10 protocol udp")).toBe("fine");
  });

  it("holds the limits of tags and multis", async () => {
    const { type } = await small();
    await type(
      ...[1, 2, 3, 4].map((n) => `set policy-route rule ${n}`),
      ...[1, 2, 3].map((n) => `set policy-route exempt 10.${n}.0.0/16`),
    );
    expect(await type("set policy-route rule 5")).toBe(
      '\n  Cannot set node "5": number of values exceeds limit(4 allowed)\n  Set failed\n\n',
    );
    expect(await type("set policy-route exempt 10.9.0.0/16")).toBe(
      '\n  Cannot set value "10.9.0.0/16": number of values exceeded (3 allowed)\n  Set failed\n\n',
    );
  });

  it("takes abbreviations of names, never of values, and lists the ambiguous", async () => {
    const { type } = await small();
    await type("se pol rule 10 prot tcp");
    expect(await type("sh pol ru 10")).toBe("+protocol tcp\n");
    expect(await type("set policy-route rule 10 source")).toBe("");
    const ambiguous = await small();
    await ambiguous.type("set policy-route rule 10 source port 5", "set policy-route d");
    expect(await (await small()).type("s")).toContain("Ambiguous command: [s]\n\n  Possible completions:\n  save\t\tSave");
    expect(await type("xyz")).toBe("\n  Invalid command: [xyz]\n\n");
  });

  it("groups words by quotes and refuses an open one", async () => {
    const { type, outcomeOf } = await small();
    await type(`set policy-route rule 10 protocol 'two words'`, `set policy-route rule 11 protocol "a;b"`);
    expect(await type("show policy-route rule 10")).toBe('+protocol "two words"\n');
    expect(await type("show policy-route rule 11 protocol")).toBe('+protocol "a;b"\n');
    expect(await outcomeOf("set policy-route rule 10 protocol 'two")).toBe("failed");
  });
});

describe("delete", () => {
  it("takes the node with its last value, keeps emptied containers", async () => {
    const { type } = await small();
    await type("set policy-route rule 10 source address 10.0.0.1", "set policy-route rule 10 source address 10.0.0.2");
    await type("delete policy-route rule 10 source address 10.0.0.1");
    expect(await type("show policy-route rule 10")).toBe("+source {\n+    address 10.0.0.2\n+}\n");
    await type("delete policy-route rule 10 source address 10.0.0.2");
    expect(await type("show policy-route rule 10")).toBe("+source {\n+}\n");
    await type("delete policy-route rule 10");
    expect(await type("show")).toBe("+policy-route {\n+}\n");
  });

  it("says what does not exist and fails only for a wrong path", async () => {
    const { type, outcomeOf } = await small();
    await type("set policy-route rule 10 protocol tcp");
    expect(await type("delete policy-route rule 11")).toBe("\n  Nothing to delete (the specified node does not exist)\n\n");
    expect(await type("delete policy-route rule 10 protocol udp")).toBe(
      "\n  Nothing to delete (the specified value does not exist)\n\n",
    );
    expect(await outcomeOf("delete policy-route rule 11")).toBe("fine");
    expect(await type("delete policy-route bakend")).toBe(
      "\n  Configuration path: policy-route [bakend] is not valid\n  Delete failed\n\n",
    );
  });

  it("a default is there without being shown", async () => {
    const { type } = await small();
    await type("set policy-route backend nftables");
    expect(await type("delete policy-route backend", "delete policy-route backend auto")).toBe("");
    expect(await type("delete policy-route backend nftables")).toContain("Nothing to delete");
  });
});

describe("levels, rename, copy, discard", () => {
  it("edit makes the path, up leaves a tag value by two words, top and exit go home", async () => {
    const { type, session, outcomeOf } = await small();
    await type("edit policy-route rule 10", "set protocol tcp", "edit source", "set port 5");
    expect(session.level).toEqual(["policy-route", "rule", "10", "source"]);
    expect(await type("show")).toBe("+port 5\n");
    await type("up");
    expect(session.level).toEqual(["policy-route", "rule", "10"]);
    await type("up");
    expect(session.level).toEqual(["policy-route"]);
    expect(await type("edit backend")).toContain('The "edit" command cannot be issued at the specified level');
    await type("edit rule 10");
    expect(await outcomeOf("exit")).toBe("fine");
    expect(session.level).toEqual([]);
    expect(await type("up")).toBe("Already at the top level\n");
    expect(await outcomeOf("exit")).toBe("failed");
    expect(await outcomeOf("exit discard")).toBe("end");
  });

  it("renames and copies tag values only", async () => {
    const { type } = await small();
    await type(
      "set policy-route rule 10 protocol tcp",
      "edit policy-route",
      "copy rule 10 to rule 20",
      "rename rule 10 to rule 5",
    );
    expect(await type("show")).toBe("+rule 5 {\n+    protocol tcp\n+}\n+rule 20 {\n+    protocol tcp\n+}\n");
    expect(await type("rename rule 5 to rule 20")).toContain('Configuration "rule 20" already exists\n  Rename failed');
    expect(await type("copy rule 7 to rule 8")).toContain('Configuration "rule 7" does not exist\n  Copy failed');
    expect(await type("copy rule 5 rule 8")).toContain("Invalid copy command");
    expect(await type("rename rule 5 to rule 0")).toContain("1-9999\n  Value validation failed\n  Rename failed");
  });

  it("discards", async () => {
    const { type } = await small();
    await type("set policy-route rule 10");
    expect(await type("discard")).toBe("\n  Changes have been discarded\n\n");
    expect(await type("discard")).toBe("\n  No changes have been discarded\n\n");
    expect(await type("show")).toBe("Configuration under specified path is empty\n");
  });
});
