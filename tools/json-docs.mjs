// Writes docs/json.md from the formats in src/show/json-formats.ts. Usage: node tools/json-docs.mjs
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const maker = join(top, "dist/run/json-docs.mjs");
await build({
  entryPoints: [join(top, "src/show/json-docs.ts")],
  outfile: maker,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node18",
  packages: "external",
  logLevel: "warning",
});
const { jsonDocs } = await import(pathToFileURL(maker).href);
writeFileSync(join(top, "docs/json.md"), jsonDocs());
