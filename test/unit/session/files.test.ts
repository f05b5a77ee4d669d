import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { replaceSection, SectionError } from "../../../src/session/replace-section.ts";
import { smallProgram } from "./fixture.ts";
import { newFolder, open, removeFolders } from "./open.ts";

afterEach(removeFolders);

const ROUTER = `/* the router */
interfaces {
    ethernet eth0 {
        description "a } in quotes; and /* no comment"
        url http://x/y
    }
}
/* ours */
policy-route {
    disable
}
system {
    host-name r//kept
}


/* Warning: Do not remove the following line. */
/* === vyatta-config-version: "system@1" === */
`;

describe("replaceSection", () => {
  it("replaces one section and keeps every other byte", () => {
    expect(replaceSection(ROUTER, "policy-route", "policy-route {\n    backend auto\n}\n")).toBe(
      ROUTER.replace("    disable\n", "    backend auto\n"),
    );
    expect(replaceSection(ROUTER, "policy-route", "")).toBe(ROUTER.replace("policy-route {\n    disable\n}\n", ""));
  });

  it("adds a section in the engine's place", () => {
    const without = replaceSection(ROUTER, "policy-route", "").replace("/* ours */\n", "");
    expect(replaceSection(without, "policy-route", "policy-route {\n}\n")).toBe(
      without.replace("system {", "policy-route {\n}\nsystem {"),
    );
    expect(replaceSection("a {\n}", "policy-route", "policy-route {\n}\n")).toBe("a {\n}\npolicy-route {\n}\n");
    expect(replaceSection("", "policy-route", "policy-route {\n}\n")).toBe("policy-route {\n}\n");
    expect(replaceSection("z {\n}\n", "policy-route", "")).toBe("z {\n}\n");
  });

  it("is not misled by a node of the same name further down", () => {
    const nested = "firewall {\n    policy-route {\n    }\n}\n";
    expect(replaceSection(nested, "policy-route", "")).toBe(nested);
  });

  it.each([["a {\n"], ["a {\n}\n}\n"], ['a {\n    b "open\n}\n'], ["/* open\na {\n}\n"], ["a"]])("refuses %j", (text) => {
    expect(() => replaceSection(text, "policy-route", "")).toThrow(SectionError);
  });
});

describe("save and load", () => {
  async function withSaved(text: string) {
    const root = newFolder();
    mkdirSync(`${root}/config`);
    writeFileSync(`${root}/config/config.boot`, text);
    return { root, file: `${root}/config/config.boot`, ...(await open(root, smallProgram("true"))) };
  }

  it("saves what runs, with the file's mode, and warns of what does not", async () => {
    const { type, file } = await withSaved(ROUTER);
    chmodSync(file, 0o660);
    await type("set policy-route rule 10 protocol tcp", "commit", "set policy-route rule 20");
    expect(await type("save")).toBe(
      `Warning: you have uncommitted changes that will not be saved.\n\nSaving configuration to '${file}'...\nDone\n`,
    );
    expect(readFileSync(file, "utf8")).toBe(ROUTER.replace("    disable\n", "    rule 10 {\n        protocol tcp\n    }\n"));
    expect(statSync(file).mode & 0o777).toBe(0o660);
    expect(await type("compare saved")).toBe("[edit policy-route]\n+rule 20 {\n+}\n");
  });

  it("does not touch a file that is no configuration", async () => {
    const { type, outcomeOf, file } = await withSaved("interfaces {\n");
    await type("set policy-route disable", "commit");
    expect(await type("save")).toContain(
      "is not a configuration file (it ends in the middle of a section): not touched\nSave failed",
    );
    expect(await outcomeOf("save")).toBe("failed");
    expect(readFileSync(file, "utf8")).toBe("interfaces {\n");
  });

  it("loads the section and nothing else, and replaces what is there", async () => {
    const { type, file } = await withSaved(ROUTER);
    await type("set policy-route rule 10", "commit");
    expect(await type("load")).toBe(
      `Loading configuration from '${file}'...\nLoad complete. Use 'commit' to make changes active.\n`,
    );
    expect(await type("compare")).toBe("[edit policy-route]\n+disable\n-rule 10 {\n-}\n");
    expect(await type("load")).toBe(
      "Cannot load: configuration modified.\nCommit or discard the changes before loading a config file.\n",
    );
    await type("commit");
    expect(await type("load")).toContain("No configuration changes to commit\n");
  });

  it("loads set lines too", async () => {
    const { type, root } = await withSaved(ROUTER);
    writeFileSync(`${root}/config/mine.set`, "# mine\nset interfaces ethernet eth0\nset policy-route rule 10 protocol 'tcp'\n");
    expect(await type("load mine.set")).toMatch(/Load complete/);
    expect(await type("show policy-route")).toBe("+rule 10 {\n+    protocol tcp\n+}\n");
  });

  it("loads nothing when anything is wrong, and names all of it", async () => {
    const { type, outcomeOf } = await withSaved(
      "policy-route {\n    backend x\n    rule 0 {\n    }\n    nonsense 1\n    disable\n}\n",
    );
    const said = await type("load");
    expect(said).toContain("auto or nftables\nValue validation failed\nSet ['policy-route' 'backend' 'x'] failed\n");
    expect(said).toContain("Set ['policy-route' 'rule' '0'] failed\n");
    expect(said).toContain("Configuration path: policy-route [nonsense] is not valid\n");
    expect(said).toMatch(/Load failed\n$/);
    expect(await type("show")).toBe("Configuration under specified path is empty\n");
    expect(await outcomeOf("load missing.conf")).toBe("failed");
  });

  it("names the place where a cut-off file ends", async () => {
    const { type } = await withSaved("policy-route {\n    disable\n");
    expect(await type("load")).toMatch(/line 3, column 1: found the end of the text.*\nLoad failed\n$/);
  });

  it("saves to and loads from files beside config.boot", async () => {
    const { type, root } = await withSaved(ROUTER);
    await type(
      "set policy-route rule 10 protocol tcp",
      "commit",
      "save mine.config",
      "delete policy-route",
      "commit",
      "load mine.config",
    );
    expect(readFileSync(`${root}/config/mine.config`, "utf8")).toBe(
      "policy-route {\n    rule 10 {\n        protocol tcp\n    }\n}\n",
    );
    expect(await type("show policy-route rule 10")).toBe("+protocol tcp\n");
  });

  it("says at the start what could be loaded", async () => {
    const { root, file } = await withSaved(ROUTER);
    const said: string[] = [];
    const again = await open(root, smallProgram("true"), (text) => said.push(text));
    expect(said.join("")).toBe(`Nothing is running yet, but ${file} has a policy-route section: "load" and "commit" start it.\n`);
    await again.type("load", "commit");
    said.length = 0;
    const third = await open(root, smallProgram("true"), (text) => said.push(text));
    expect(said).toEqual([]);
    expect(await third.type("show")).toBe(" policy-route {\n     disable\n }\n");
  });
});
