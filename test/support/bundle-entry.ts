import { build } from "esbuild";
import { labFile } from "./lab-file.ts";

/** One CommonJS file of a program of the tests, to be run by node in a namespace. `entry` is a path of this project. */
export async function bundleEntry(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [labFile(entry)],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node18",
    external: ["*.node", "cpu-features"],
    logLevel: "warning",
  });
  return result.outputFiles[0]?.text ?? "";
}
