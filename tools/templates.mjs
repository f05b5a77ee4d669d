// Compiles node-defs/*.xml: to templates/, the node.def trees the package installs; to docs/reference.md; and to the words that
// debian/policy-route.bash completes, for which it asks the program for its help. Usage: node tools/templates.mjs
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));

/** What a module of src/ exports. */
async function load(path) {
  const outfile = join(top, `dist/run/templates-${basename(path)}.cjs`);
  await build({
    entryPoints: [join(top, `src/${path}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node18",
    packages: "external",
    logLevel: "warning",
  });
  return createRequire(import.meta.url)(outfile);
}

const { compileTemplates } = await load("node-defs/templates");
const { reference } = await load("node-defs/reference");
const { completionLines, toldCommands, withLines } = await load("node-defs/bash-completion");
const { jsonDocs } = await load("show/json-docs");
const { cli } = await load("cli");
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
writeFileSync(join(top, "docs/json.md"), jsonDocs());
const commands = await toldCommands(async (argv) => {
  let said = "";
  const out = (text) => {
    said += text;
  };
  await cli(argv, { host: undefined, env: {}, out, err: out });
  return said;
});
writeFileSync(completion, withLines(readFileSync(completion, "utf8"), completionLines(sources, commands)));
console.log(`${files.size} files in templates/, docs/reference.md, docs/json.md, debian/policy-route.bash`);
