import { type HelpItem, renderHelp } from "./help-text.ts";
import type { SessionWorld } from "./session.ts";

/** Prints messages the way the engine's shell does: indented by two, with an empty line before and after. */
export function sayBlock(print: (text: string) => void, lines: readonly string[]): void {
  const text = lines.join("\n").split("\n");
  print(`\n${text.map((line) => (line === "" ? "\n" : `  ${line}\n`)).join("")}\n`);
}

/** A command that failed: what was wrong, then `Set failed`. */
export function sayFailed(world: SessionWorld, lines: readonly string[], verb: string): "failed" {
  sayBlock(world.out, [...lines, `${verb} failed`]);
  return "failed";
}

/** A word that begins several names: the names stand as deep as the heading, as the engine's shell leaves them. */
export function sayAmbiguous(print: (text: string) => void, message: string, names: readonly HelpItem[], verb?: string): void {
  print(`\n  ${message}\n\n  ${renderHelp(names)}\n\n${verb === undefined ? "" : `  ${verb} failed\n\n`}`);
}
