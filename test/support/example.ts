import { readFileSync } from "node:fs";
import { labFile } from "./lab-file.ts";

/** The configuration of an example, as lines without `set policy-route`; comments left out. */
export function exampleLines(name: string): string[] {
  return readFileSync(labFile(`examples/${name}/router.config`), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("set policy-route "))
    .map((line) => line.slice("set policy-route ".length));
}
