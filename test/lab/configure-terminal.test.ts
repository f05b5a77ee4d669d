import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const PROGRAM = resolve(__dirname, "../../dist/bin/policy-route");
const TAB = "Tab";
const ENTER = "Enter";

let root: string;
let socket: string;

function tmux(...words: readonly string[]): string {
  return execFileSync("tmux", ["-L", socket, ...words], { encoding: "utf8" });
}

/** Keys as tmux names them; each in a packet of its own, as a person types. */
async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    tmux("send-keys", key);
    await new Promise((wake) => setTimeout(wake, 150));
  }
}

function screen(): string {
  return tmux("capture-pane", "-p").trimEnd();
}

/** The last lines of the screen. */
function tail(lines: number): string {
  return screen().split("\n").slice(-lines).join("\n");
}

function start(): void {
  // A network of its own: a commit of the real end action finds no interfaces and can touch none.
  tmux(
    "new-session",
    "-d",
    "-x",
    "110",
    "-y",
    "50",
    `unshare -n '${PROGRAM}' --root '${root}' configure; echo "ended with $?"; sleep 60`,
  );
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "policy-route-terminal-"));
  socket = `policy-route-${process.pid}-${root.slice(-6)}`;
  start();
  await expect.poll(screen, { timeout: 10_000 }).toMatch(/^\[edit\]\n\S+@\S+#$/);
});

afterEach(() => {
  tmux("kill-server");
  rmSync(root, { recursive: true, force: true });
});

describe("policy-route configure at a terminal", () => {
  it("completes words with TAB and lists what is possible", async () => {
    await press("set pol", TAB, "upl", TAB, "dsl ga", TAB, TAB);
    await expect.poll(screen).toMatch(/# set policy-route uplink dsl gateway\nPossible completions:\n {2}gateway +IPv4 gateway/);
    expect(tail(2)).toMatch(/^\[edit\]\n\S+# set policy-route uplink dsl gateway$/);
    await press("Space", "d", TAB, ENTER, "show", ENTER);
    await expect.poll(() => tail(8)).toContain("+policy-route {\n+    uplink dsl {\n+        gateway dhcp\n+    }\n+}\n[edit]\n");
  });

  it("shows help with ? in the middle of a line and leaves it in quotes alone", async () => {
    await press("set policy-route rule 10 traffic l", "Left", "?");
    await expect.poll(screen).toMatch(/Possible completions:\n {2}forwarded\s+What passes/);
    await press("Right", ENTER, "set policy-route description 'what?'", ENTER, "show", ENTER);
    await expect.poll(screen).toContain("+    description what?\n");
    expect(screen()).toMatch(
      /# set policy-route rule 10 traffic l\n\n {2}Invalid traffic "l": must be .*\n {2}Value validation failed\n {2}Set failed\n/,
    );
  });

  it("names the edit level, clears a line with Ctrl-C, leaves with Ctrl-D unless edits would be lost", async () => {
    await press("edit policy-route rule 20", ENTER);
    await expect.poll(() => tail(2)).toMatch(/^\[edit policy-route rule 20\]\n\S+#$/);
    await press("set nonsense", "C-c", "set protocol tcp", ENTER, "show", ENTER);
    await expect.poll(screen).toContain("+protocol tcp\n");
    expect(screen()).toContain("# set nonsense^C\n");
    expect(screen()).not.toContain("is not valid");
    await press("C-d");
    await expect.poll(() => tail(2)).toMatch(/^\[edit\]\n\S+#$/);
    await press("C-d");
    await expect
      .poll(screen)
      .toContain("Cannot exit: configuration modified.\nUse 'exit discard' to discard the changes and exit.\n");
    await press("discard", ENTER, "C-d");
    await expect.poll(screen).toContain("ended with 0");
    expect(readdirSync(`${root}/run/policy-route`)).toEqual([]);
  });

  it("keeps the history for the next session", async () => {
    await press("show policy-route", ENTER, "exit", ENTER);
    await expect.poll(screen).toContain("ended with 0");
    expect(readFileSync(`${root}/var/lib/policy-route/history`, "utf8")).toBe("show policy-route\nexit\n");
    tmux("kill-server");
    // The old server may still be ending.
    socket += "-again";
    start();
    await expect.poll(screen, { timeout: 10_000 }).toMatch(/#$/);
    await press("Up", "Up");
    await expect.poll(() => tail(1)).toMatch(/# show policy-route$/);
  });

  it("gives the terminal to an operational command and takes it back", async () => {
    await press("run show policy-route plan", ENTER);
    await expect.poll(() => tail(2), { timeout: 10_000 }).toMatch(/^\[edit\]\n\S+#$/);
    expect(screen()).not.toContain("Invalid command");
    await press("set policy-route dis", TAB, ENTER, "show", ENTER);
    await expect.poll(screen).toContain("+policy-route {\n+    disable\n+}\n");
  });

  it("takes several pasted lines and shows a failed commit, then a good one", async () => {
    tmux("set-buffer", "set policy-route uplink dsl gateway dhcp\nset policy-route rule 10 set uplink dls\ncommit\n");
    tmux("paste-buffer");
    await expect.poll(screen, { timeout: 15_000 }).toContain("[[policy-route]] failed\nCommit failed\n");
    expect(screen()).toContain("[ policy-route ]\n");
    expect(screen()).toContain('policy-route rule 10: uplink "dls" is not configured (did you mean "dsl"?)\n');
    expect(existsSync(`${root}/run/policy-route/active.config`)).toBe(false);
    await press("discard", ENTER, "set policy-route description kept", ENTER, "commit", ENTER, "show", ENTER);
    await expect.poll(() => tail(6), { timeout: 15_000 }).toMatch(/ policy-route \{\n {5}description kept\n \}\n\[edit\]\n/);
    expect(readFileSync(`${root}/run/policy-route/active.config`, "utf8")).toBe("set 'policy-route' 'description' 'kept'\n");
  });
});
