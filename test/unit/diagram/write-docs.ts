import { readFileSync, writeFileSync } from "node:fs";
import { renderSvg } from "../../../src/diagram/render-svg.ts";
import { renderText } from "../../../src/diagram/render-text.ts";
import { formatScreen } from "../../../src/watch/format-screen.ts";
import { paint } from "../../../src/watch/paint.ts";
import { busyView } from "../watch/view.ts";
import { pictures } from "./pictures.ts";

/** Puts what the program prints into the docs; run from the project's folder (`npm run pictures`). Tests hold the docs to it. */
const shown = pictures().get("everything");
if (shown === undefined) throw new Error("no such picture");
writeFileSync("docs/diagram.svg", renderSvg(shown, "policy-route diagram, 2026-11-20 16:00:00 UTC"));
replace("docs/diagram.md", "$ show policy-route diagram\n", `$ show policy-route diagram\n${renderText(shown, true)}`);
const screen = formatScreen(busyView(), 95, 36).map((line) => paint(line, false));
replace("docs/watch.md", "policy-route watch ", `${screen.join("\n")}\n`);

/** Replaces the block that begins so. */
function replace(file: string, beginning: string, block: string): void {
  const [before, , after] = split(readFileSync(file, "utf8"), beginning);
  writeFileSync(file, `${before}\`\`\`\n${block}\`\`\`\n${after}`);
}

function split(text: string, beginning: string): readonly [string, string, string] {
  const start = text.indexOf(`\`\`\`\n${beginning}`);
  const end = text.indexOf("\n```\n", start + 4);
  if (start < 0 || end < 0) throw new Error(`no block that begins with ${beginning}`);
  return [text.slice(0, start), text.slice(start, end), text.slice(end + 5)];
}
