// Compiles node-defs/*.xml to templates/: the node.def trees the package installs. Usage: node tools/templates.mjs
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const compiler = join(top, "dist/run/templates.mjs");
await build({
  entryPoints: [join(top, "src/node-defs/templates.ts")],
  outfile: compiler,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node18",
  packages: "external",
  logLevel: "warning",
});
const { compileTemplates } = await import(pathToFileURL(compiler).href);

const sources = readdirSync(join(top, "node-defs"))
  .filter((file) => file.endsWith(".xml"))
  .sort()
  .map((file) => ({ file, xml: readFileSync(join(top, "node-defs", file), "utf8") }));
let files;
try {
  files = compileTemplates(sources);
} catch (error) {
  console.error(error.name === "DefinitionError" ? error.message : error);
  process.exit(1);
}
rmSync(join(top, "templates"), { recursive: true, force: true });
for (const [path, text] of files) {
  mkdirSync(dirname(join(top, "templates", path)), { recursive: true });
  writeFileSync(join(top, "templates", path), text);
}
console.log(`${files.size} files in templates/`);
