// npm run deb: dist/vyatta-policy-route_<version>_all.deb, built in a temporary copy so that the work tree stays clean. With the
// name of a folder, that one stands for dist/, which is left alone. Usage: node tools/deb.mjs [FOLDER]
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
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const NAME = "vyatta-policy-route";
const SHIPPED = ["debian", "docs", "README.md"];
const BUILT = ["bin", "lib", "libexec", "templates"];
const dist = resolve(process.argv[2] ?? join(top, "dist"));

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

run([process.execPath, "tools/build.mjs", dist]);
const temporary = mkdtempSync(join(tmpdir(), "policy-route-deb-"));
try {
  const source = join(temporary, NAME);
  const shipped = [
    ...SHIPPED.map((path) => [join(top, path), path]),
    ...BUILT.map((path) => [join(dist, path), join("dist", path)]),
  ];
  for (const [from, to] of shipped) {
    mkdirSync(dirname(join(source, to)), { recursive: true });
    if (existsSync(from)) cpSync(from, join(source, to), { recursive: true });
    else throw new Error(`${from} is missing`);
  }
  writeFileSync(join(source, "bundled-packages.txt"), bundledPackages());
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: temporary, LC_ALL: "C.UTF-8", SOURCE_DATE_EPOCH: sourceDate() };
  run(["dpkg-buildpackage", "--build=binary", "--unsigned-changes", "--no-pre-clean"], { cwd: source, env });
  const file = `${NAME}_${version}_all.deb`;
  for (const old of readdirSync(dist)) if (old.endsWith(".deb")) rmSync(join(dist, old));
  copyFileSync(join(temporary, file), join(dist, file));
  console.log(join(relative(process.cwd(), dist), file));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
