// npm test: sets up, builds, lints, runs every test and closes with one line of counts. Usage: node tools/test.mjs [unit|browser|kernel|lab|deb|matrix]...
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const KNOWN = ["unit", "browser", "kernel", "lab", "matrix", "deb"];
const chosen = process.argv.slice(2).filter((word) => KNOWN.includes(word));
const filters = process.argv.slice(2).filter((word) => !KNOWN.includes(word));
const projects = chosen.length === 0 ? KNOWN : chosen;
// All rows take long: that part runs only when it is asked for.
const part = (project) =>
  project === "matrix" && chosen.length === 0 ? ["test/matrix/wlb.test.ts", "test/matrix/sees.test.ts"] : filters;

function step(argv) {
  const result = spawnSync(argv[0], argv.slice(1), { cwd: top, stdio: ["ignore", "inherit", "inherit"] });
  return result.status === 0;
}

function need(argv) {
  if (!step(argv)) process.exit(2);
}

const ready =
  chosen.length === 0
    ? "all"
    : projects.includes("deb")
      ? "all"
      : projects.includes("lab") || projects.includes("matrix")
        ? "lab"
        : projects.includes("kernel")
          ? "kernel"
          : "build";
need([process.execPath, "tools/ready.mjs", ready]);
if (projects.includes("browser")) need([process.execPath, "tools/ready.mjs", "browser"]);
// The lab installs the package where there is a current one. Making it builds dist/ first.
need([process.execPath, projects.includes("deb") ? "tools/deb.mjs" : "tools/build.mjs"]);

const dir = mkdtempSync(join(tmpdir(), "policy-route-test-"));
const counts = { passed: 0, failed: 0, skipped: 0 };
const skips = [];
/** Runs a program of node_modules. Alone it is watched; of several each prints what it said when it is through, so that they do not mix. */
async function run(name, argv) {
  const log = join(dir, `${name}.log`);
  const out = projects.length === 1 ? "inherit" : openSync(log, "w");
  const since = Date.now();
  const code = await new Promise((resolve) => {
    spawn(join(top, "node_modules/.bin", argv[0]), argv.slice(1), { cwd: top, stdio: ["ignore", out, out] })
      .on("error", () => resolve(1))
      .on("close", resolve);
  });
  if (out !== "inherit") {
    closeSync(out);
    process.stdout.write(readFileSync(log));
  }
  console.log(`${name}: ${Math.round((Date.now() - since) / 1000)} s`);
  return code;
}

async function check(name, argv) {
  if ((await run(name, argv)) !== 0) counts.failed++;
}

/**
 * Files of a project at a time. Kernel and lab tests make worlds of their own and mostly wait; several worlds of one kernel test are at
 * work at once anyway. The matrix counts packets within windows of time, and the chroot of the deb tests is one.
 */
const AT_ONCE = { kernel: 2, lab: 3 };
/** Runs a project's tests and counts them. Unit tests are functions of values: their files share one process, which loads each module once. */
async function test(project) {
  const report = join(dir, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const workers = [`--maxWorkers=${AT_ONCE[project] ?? 1}`, ...(project === "unit" ? ["--no-isolate"] : [])];
  await run(project, ["vitest", "run", "--project", project, ...workers, ...reporters, ...part(project)]);
  try {
    const result = JSON.parse(readFileSync(report, "utf8"));
    counts.passed += result.numPassedTests;
    counts.failed += result.numFailedTests;
    counts.skipped += result.numPendingTests + result.numTodoTests;
    for (const file of result.testResults) {
      if (file.status === "failed" && !file.assertionResults.some((one) => one.status === "failed")) counts.failed++;
      for (const one of file.assertionResults) if (one.status === "pending" || one.status === "skipped") skips.push(one.fullName);
    }
  } catch (error) {
    console.error(`${project}: no report (${error.message})`);
    counts.failed++;
  }
}

// Two at a time, the longest first: kernel tests compute, lab tests wait.
const waiting = ["kernel", "lab", "unit", "deb", "browser"].filter((one) => projects.includes(one)).map((one) => () => test(one));
if (chosen.length === 0)
  waiting.push(
    () => check("biome", ["biome", "check", "."]),
    () => check("tsc", ["tsc", "--noEmit"]),
  );
const work = async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
};
await Promise.all([work(), work()]);
// Counts packets within windows of time: alone.
if (projects.includes("matrix")) await test("matrix");
rmSync(dir, { recursive: true, force: true });
for (const name of skips) console.log(`skipped: ${name}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
