import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("../..", import.meta.url));
export const version: string = JSON.parse(readFileSync(join(top, "package.json"), "utf8")).version;

/** The package that `npm run deb` built (npm test does that first). */
export const debFile = join(top, "dist", `vyatta-policy-route_${version}_all.deb`);

if (!existsSync(debFile)) throw new Error(`${debFile} is not there: npm run deb`);
