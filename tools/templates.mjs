// Compiles node-defs/*.xml: to templates/, the node.def trees the package installs; to docs/reference.md; and to the words that
// debian/policy-route.bash completes. Usage: node tools/templates.mjs
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a module of src/node-defs/ exports. */
async function load(name) {
  const outfile = join(top, `dist/run/${name}.mjs`);
  await build({
    entryPoints: [join(top, `src/node-defs/${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    packages: "external",
    logLevel: "warning",
  });
  return await import(pathToFileURL(outfile).href);
}

const { compileTemplates } = await load("templates");
const { reference } = await load("reference");
const { completionLines, withLines } = await load("bash-completion");
const completion = join(top, "debian/policy-route.bash");

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
writeFileSync(join(top, "docs/reference.md"), reference(sources));
writeFileSync(completion, withLines(readFileSync(completion, "utf8"), completionLines(sources)));
console.log(`${files.size} files in templates/, docs/reference.md, debian/policy-route.bash`);
