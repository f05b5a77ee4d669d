// npm run deb: dist/vyatta-policy-route_<version>_all.deb, built in a temporary copy so that the work tree stays clean.
// Two builds of one commit give the same bytes: every time in the package is SOURCE_DATE_EPOCH, by default that of the commit.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const NAME = "vyatta-policy-route";
const SHIPPED = ["debian", "dist/bin", "dist/lib", "dist/libexec", "dist/templates", "docs", "README.md"];

/** Ctrl-C ends the child; the clean-up below still runs. */
process.on("SIGINT", () => {});

function run(argv, options = {}) {
  const result = spawnSync(argv[0], argv.slice(1), { cwd: top, encoding: "utf8", ...options });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${argv.join(" ")}: ${result.error?.message ?? `ended with ${result.status ?? result.signal}`}\n${result.stdout ?? ""}${result.stderr ?? ""}`,
  );
}

/** Seconds: the environment's, else the commit's, else (a source archive without git) that of debian/changelog. */
function sourceDate() {
  if (process.env.SOURCE_DATE_EPOCH) return process.env.SOURCE_DATE_EPOCH;
  const commit = spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: top, encoding: "utf8" });
  return commit.status === 0 ? commit.stdout.trim() : run(["dpkg-parsechangelog", "-STimestamp"]).trim();
}

/** Licences of the npm packages inside the bundles, word for word, as they ask for. */
function bundledPackages() {
  const lock = JSON.parse(readFileSync(join(top, "package-lock.json"), "utf8"));
  const shipped = Object.entries(lock.packages).filter(
    ([path, entry]) => path !== "" && !entry.dev && !entry.optional && !entry.devOptional && !entry.extraneous,
  );
  return shipped
    .map(([path, entry]) => {
      const license = readdirSync(join(top, path)).find((file) => /^licen[sc]e/i.test(file));
      if (license === undefined) throw new Error(`${path} has no licence file to ship`);
      return `${path.replace(/^.*node_modules\//, "")} ${entry.version}\n\n${readFileSync(join(top, path, license), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

const version = JSON.parse(readFileSync(join(top, "package.json"), "utf8")).version;
const changelogVersion = run(["dpkg-parsechangelog", "-SVersion"]).trim();
if (version !== changelogVersion)
  throw new Error(`package.json says ${version}, debian/changelog ${changelogVersion}: write the changelog entry first`);

run([process.execPath, "tools/build.mjs"]);
const temporary = mkdtempSync(join(tmpdir(), "policy-route-deb-"));
try {
  const source = join(temporary, NAME);
  for (const path of SHIPPED) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    if (existsSync(join(top, path))) cpSync(join(top, path), join(source, path), { recursive: true });
    else throw new Error(`${path} is missing`);
  }
  writeFileSync(join(source, "bundled-packages.txt"), bundledPackages());
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: temporary, LC_ALL: "C.UTF-8", SOURCE_DATE_EPOCH: sourceDate() };
  run(["dpkg-buildpackage", "--build=binary", "--unsigned-changes", "--no-pre-clean"], { cwd: source, env });
  const file = `${NAME}_${version}_all.deb`;
  for (const old of readdirSync(join(top, "dist"))) if (old.endsWith(".deb")) rmSync(join(top, "dist", old));
  copyFileSync(join(temporary, file), join(top, "dist", file));
  console.log(`dist/${file}`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
