import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinPage, type Piece, readPage, type ShownRun, steady } from "../support/docs-page.ts";
import { exampleLines } from "../support/example.ts";
import { type Lab, startLab } from "../support/lab.ts";
import { commit, session } from "../support/lab-configure.ts";
import { labFile } from "../support/lab-file.ts";
import { ROUTER } from "../support/lab-router.ts";
import { until } from "../support/lab-wait.ts";

/**
 * Every command in the documentation is run, and has to print what the page says (test/support/docs-page.ts says how a page is
 * written). With UPDATE=1 the pages are written anew: read what has become of them.
 */
const PAGES = [
  "README.md",
  ...readdirSync(labFile("docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
].filter((page) => readFileSync(labFile(page), "utf8").includes("```console\n"));

/** First words of the router's operational commands: `show policy-route` is run as the templates say. */
const OPERATIONAL = /^[a-z]+ policy-route\b/;

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ prefixes: 20 });
}, 60_000);
afterAll(() => lab?.stop());

test.each(PAGES)("%s", async (page) => {
  const pieces = readPage(readFileSync(labFile(page), "utf8"));
  const now: Piece[] = [];
  for (const piece of pieces) {
    if (piece.kind === "setup") for (const line of joinSets(piece.lines)) await prepare(line);
    now.push(piece.kind === "console" ? { ...piece, runs: await runAll(piece.runs) } : piece);
  }
  await lab.exec("router", ["sh", "-c", "kill $(cat /run/policy-route/monitor.pid)"]);
  await commit(lab, ["delete policy-route"]).catch(() => {});
  if (process.env["UPDATE"] === "1") writeFileSync(labFile(page), joinPage(now));
  const of = (all: readonly Piece[]) =>
    all.flatMap((piece) => (piece.kind === "console" ? piece.runs.map(({ line, output }) => `${line}\n${steady(output)}`) : []));
  expect(of(now)).toEqual(of(pieces));
});

async function runAll(runs: readonly ShownRun[]): Promise<ShownRun[]> {
  const done: ShownRun[] = [];
  for (const run of runs) done.push({ ...run, output: await output(run) });
  return done;
}

async function output({ command, output: shown }: ShownRun): Promise<string> {
  const typed = shown.split("\n").flatMap((line) => /^\S+@\S+# (.*)$/.exec(line)?.[1] ?? []);
  if (typed.length > 0) {
    // A session at a terminal: its lines have to succeed; what a terminal shows of them is for configure-terminal.test.ts.
    const { exitCode, stdout, stderr } = await session(lab, typed);
    return exitCode === 0 ? shown : `${stdout}${stderr}`;
  }
  const { stdout, stderr } = OPERATIONAL.test(command)
    ? await session(lab, [`run ${command}`])
    : await lab.exec("router", ["sh", "-c", `exec 2>&1\n${command}`], { timeout: 60_000 });
  return `${stderr}${stdout}`.trimEnd();
}

/** Lines of configuration that follow each other are one commit. */
function joinSets(lines: readonly string[]): (string | readonly string[])[] {
  const joined: (string | string[])[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    if (!/^(set|delete) /.test(line)) joined.push(line);
    else if (Array.isArray(last)) last.push(line);
    else joined.push([line]);
  }
  return joined;
}

async function prepare(step: string | readonly string[]): Promise<void> {
  if (typeof step !== "string") {
    await commit(lab, step);
    return;
  }
  const [word = "", what = "", ...more] = step.split(" ");
  if (word === "example") {
    await commit(lab, ["delete policy-route"]).catch(() => {});
    await commit(
      lab,
      exampleLines(what).map((line) => `set policy-route ${line}`),
    );
  } else if (word === "down" || word === "up") {
    await lab.carrier(what as "eth1", word);
    const state = word === "down" ? "NO-CARRIER" : "state UP";
    await until(`${what} ${word}`, async () => (await lab.must("router", ["ip", "link", "show", what])).includes(state));
  } else if (word === "ask") {
    for (let i = 0; i < Number(more[0] ?? 1); i++) await lab.probe("lan", { port: Number(what) });
  } else if (word === "monitor") {
    lab.world.start(ROUTER, ["policy-route", "monitor"], { stdio: "ignore" });
    await until(
      "the monitor",
      async () => (await lab.exec("router", ["test", "-s", "/run/policy-route/monitor.pid"])).exitCode === 0,
    );
  } else if (word === "until") {
    const command = ["sh", "-c", [what, ...more].join(" ")];
    await until(step, async () => (await lab.exec("router", command)).exitCode === 0, { timeout: 20_000 });
  } else if (word === "!") await lab.must("router", ["sh", "-c", [what, ...more].join(" ")]);
  else throw new Error(`nobody knows how to do this for the documentation: ${step}`);
}
