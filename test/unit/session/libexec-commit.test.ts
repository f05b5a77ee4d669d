import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { newFolder, REPOSITORY, removeFolders } from "./open.ts";

afterEach(removeFolders);

const PRINT = `#!/bin/sh\necho "action=$COMMIT_ACTION session=$VYATTA_POLICY_ROUTE_SESSION: $*"\n`;

/** An installation whose program, sudo and id only say how they were called. */
function install(uid: number): { commit: string; tools: string } {
  const folder = `${newFolder()}/with blank`;
  const put = (file: string, text: string) => {
    writeFileSync(`${folder}/${file}`, text);
    chmodSync(`${folder}/${file}`, 0o755);
  };
  for (const name of ["bin", "libexec", "tools"]) mkdirSync(`${folder}/${name}`, { recursive: true });
  put("bin/policy-route", PRINT);
  put("tools/id", `#!/bin/sh\necho ${uid}\n`);
  put("tools/sudo", `#!/bin/sh\necho "sudo $1"; shift; exec /usr/bin/env -i "$@"\n`);
  copyFileSync(`${REPOSITORY}/libexec/commit`, `${folder}/libexec/commit`);
  return { commit: `${folder}/libexec/commit`, tools: `${folder}/tools` };
}

function run(uid: number, env: Record<string, string>): string {
  const { commit, tools } = install(uid);
  return execFileSync("dash", [commit], { encoding: "utf8", env: { PATH: `${tools}:/usr/bin:/bin`, ...env } });
}

describe("libexec/commit", () => {
  it("hands over to the program beside it", () => {
    expect(run(0, { COMMIT_ACTION: "SET", VYATTA_POLICY_ROUTE_SESSION: "/s" })).toBe("action=SET session=/s: commit\n");
  });

  it("becomes root by sudo without a question, and takes along what sudo drops", () => {
    expect(run(1000, { COMMIT_ACTION: "ACTIVE", VYATTA_POLICY_ROUTE_SESSION: "/s x" })).toBe(
      "sudo -n\naction=ACTIVE session=/s x: commit\n",
    );
    expect(run(1000, { COMMIT_ACTION: "DELETE" })).toBe("sudo -n\naction=DELETE session=: commit\n");
  });
});
