import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The full path of a file of this project, whether this code runs as source (vitest) or from a bundle below dist/. */
export function labFile(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package-lock.json"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`${name}: the project's folder was not found`);
    folder = above;
  }
  return join(folder, name);
}
