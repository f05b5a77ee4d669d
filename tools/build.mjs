// Builds dist/: the tree that is installed under /usr/lib/policy-route, in the same layout, so that it runs from here too.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(top, "dist");
const lib = join(dist, "lib");

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

const commands = readdirSync(join(top, "src/commands")).filter((name) => name.endsWith(".ts"));
const lazy = ["src/host/ssh-cli.ts", "src/reconcile.ts"].filter((name) => existsSync(join(top, name)));
rmSync(lib, { recursive: true, force: true });
mkdirSync(join(dist, "bin"), { recursive: true });
await build({
  entryPoints: [join(top, "src/main.ts"), ...commands.map((name) => join(top, "src/commands", name)), ...lazy.map((name) => join(top, name))],
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
  plugins: [lazyEntries],
  logLevel: "warning",
});
writeFileSync(join(lib, "package.json"), '{"type":"commonjs"}\n');
writeFileSync(join(dist, "bin/package.json"), '{"type":"commonjs"}\n');
writeFileSync(join(dist, "bin/policy-route"), '#!/usr/bin/env node\nrequire("../lib/main.js");\n');
chmodSync(join(dist, "bin/policy-route"), 0o755);
for (const folder of ["templates", "libexec"]) {
  rmSync(join(dist, folder), { recursive: true, force: true });
  if (existsSync(join(top, folder))) cpSync(join(top, folder), join(dist, folder), { recursive: true });
}
