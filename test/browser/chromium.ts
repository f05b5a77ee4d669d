import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What the page found of one picture. Empty lists: nothing to complain of. */
export interface Measured {
  readonly problems: readonly string[];
  /** Texts that are in the picture, as a reader could select them. */
  readonly texts: readonly string[];
}

/**
 * Lets Chromium draw SVG documents, one after the other, and measures them there: the page (measure.html) parses each as XML, puts it into a
 * document of its own and compares the boxes of all texts with each other, with all shapes and lines and with the sheet.
 * @returns by name; and what Chromium wrote on its console
 */
export function measure(pictures: ReadonlyMap<string, string>): {
  readonly measured: ReadonlyMap<string, Measured>;
  readonly console: readonly string[];
} {
  const dir = mkdtempSync(join(tmpdir(), "policy-route-browser-"));
  try {
    const data = JSON.stringify([...pictures]).replaceAll("<", "\\u003c");
    const page = readFileSync(resolve(__dirname, "measure.html"), "utf8").replace('"@pictures@"', () => data);
    writeFileSync(join(dir, "page.html"), page);
    const { stdout, stderr, status, error } = spawnSync(
      "chromium",
      [
        "--headless",
        // Its sandbox refuses to run as root; the page is ours.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        `--user-data-dir=${dir}/profile`,
        "--enable-logging=stderr",
        "--virtual-time-budget=20000",
        "--dump-dom",
        `file://${dir}/page.html`,
      ],
      { encoding: "utf8", timeout: 100_000, maxBuffer: 64 * 1024 * 1024, env: { PATH: process.env["PATH"], HOME: dir } },
    );
    const result = /<script type="application\/json" id="result">([^<]*)</.exec(stdout)?.[1];
    if (status !== 0 || result === undefined)
      throw new Error(`chromium gave no result: ${error?.message ?? stderr.slice(-2000)}`);
    const measured = new Map(Object.entries(JSON.parse(decodeURIComponent(result)) as Record<string, Measured>));
    return { measured, console: stderr.split("\n").filter((line) => line.includes(":CONSOLE")) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
