// Builds dist/, or the folder that is named: the tree that is installed under /usr/lib/policy-route, in the same layout, so
// that it runs from here too. Usage: node tools/build.mjs [FOLDER]
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = resolve(process.argv[2] ?? join(top, "dist"));
/** Everything is made here and then moved into place, so that a test that runs the program meanwhile always finds it whole. */
const stage = join(dist, `.stage-${process.pid}`);
const lib = join(stage, "lib");

/**
 * esbuild splits code only for ES modules, and an ES module bundle of commander and ssh2 does not run. So every module that
 * is imported with `import()` becomes an entry of its own, and the import becomes a `require` of that file, when it is run.
 */
const lazyEntries = {
  name: "lazy-entries",
  setup(builder) {
    builder.onResolve({ filter: /^\.{1,2}\// }, (args) =>
      args.kind === "dynamic-import" ? { path: `./${basename(args.path, ".ts")}.js`, external: true } : undefined,
    );
  },
};

/** Stands for the hash of what is built until that is known (src/code-cache.ts). */
const BUILD_ID = "@build-id-------@";

const commands = readdirSync(join(top, "src/commands")).filter((name) => name.endsWith(".ts"));
const lazy = [
  "src/make-code-cache.ts",
  "src/command-line.ts",
  "src/host/ssh-cli.ts",
  "src/look-up-names.ts",
  "src/parse-applied.ts",
  "src/reconcile.ts",
  "src/widen.ts",
].filter((name) => existsSync(join(top, name)));
mkdirSync(join(stage, "bin"), { recursive: true });
await build({
  entryPoints: [
    join(top, "src/main.ts"),
    ...commands.map((name) => join(top, "src/commands", name)),
    ...lazy.map((name) => join(top, name)),
  ],
  outdir: lib,
  entryNames: "[name]",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node18",
  supported: { "dynamic-import": false },
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: "linked",
  external: ["*.node", "cpu-features"],
  define: { BUILD_ID: `"${BUILD_ID}"` },
  plugins: [lazyEntries],
  logLevel: "warning",
});
const built = readdirSync(lib)
  .filter((name) => name.endsWith(".js"))
  .sort();
const id = createHash("sha256");
for (const name of built) id.update(name).update(readFileSync(join(lib, name)));
const buildId = id.digest("hex").slice(0, BUILD_ID.length);
for (const name of built) writeFileSync(join(lib, name), readFileSync(join(lib, name), "utf8").replaceAll(BUILD_ID, buildId));
writeFileSync(join(lib, "package.json"), '{"type":"commonjs"}\n');
writeFileSync(join(stage, "bin/package.json"), '{"type":"commonjs"}\n');
writeFileSync(join(stage, "bin/policy-route"), '#!/usr/bin/env node\nrequire("../lib/main.js");\n');
chmodSync(join(stage, "bin/policy-route"), 0o755);
execFileSync(process.execPath, [join(lib, "make-code-cache.js")]);
for (const folder of ["templates", "libexec"]) {
  if (existsSync(join(top, folder))) cpSync(join(top, folder), join(stage, folder), { recursive: true });
}
for (const folder of readdirSync(stage)) {
  const old = join(stage, `old-${folder}`);
  if (existsSync(join(dist, folder))) renameSync(join(dist, folder), old);
  renameSync(join(stage, folder), join(dist, folder));
}
rmSync(stage, { recursive: true, force: true });
