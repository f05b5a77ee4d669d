import { mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";
import { cachePath, wrapped } from "./code-cache.ts";

/** What runs before the cache is in use, and this file. */
const LOADED_BEFORE = new Set(["main.js", "make-code-cache.js"]);

/**
 * An entry of its own, run once after building or installing: compiles every file of `lib/` whole, as this machine's Node does,
 * and keeps the result. Whole, since functions that V8 puts off would otherwise be compiled in every run; the flag is back at its
 * default before the cache is taken, because V8 compares flags.
 */
function main(): void {
  const files = readdirSync(__dirname).filter((name) => name.endsWith(".js") && !LOADED_BEFORE.has(name));
  for (const name of files) {
    const file = join(__dirname, name);
    setFlagsFromString("--no-lazy");
    const script = new Script(wrapped(file), { filename: file });
    setFlagsFromString("--lazy");
    const path = cachePath(file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, script.createCachedData());
    renameSync(`${path}.${process.pid}`, path);
  }
}

main();
