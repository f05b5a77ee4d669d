import { expandPath } from "./expand-path.ts";
import { sayPathProblem } from "./path-problem.ts";
import { renderComparison, renderShow } from "./render-config.ts";
import { savedTree } from "./saved-config.ts";
import { sayBlock } from "./say.ts";
import type { Command } from "./session.ts";

/** `show [PATH]`: the working configuration, marked against the running one. */
export const show: Command = async (session, world, words) => {
  const path = expandPath(session, words, true);
  if (sayPathProblem(session, world, path, "Show", true)) return "failed";
  world.out(
    renderShow(session.running, session.working, session.templates, path) ?? "Configuration under specified path is empty\n",
  );
  return "fine";
};

/** `compare [saved]`: what differs between the working configuration and the running (or saved) one. */
export const compare: Command = async (session, world, words) => {
  const [argument] = words;
  const withSaved = words.length === 1 && argument !== "" && "saved".startsWith(argument ?? "-");
  if (words.length > 0 && !withSaved) {
    sayBlock(world.err, [`Invalid command: compare [${words.join(" ")}]`]);
    return "failed";
  }
  const before = withSaved ? await savedTree(world, session.templates) : session.running;
  const text = renderComparison(before, session.working, session.templates);
  const against = withSaved ? "saved" : "active";
  world.out(text === "" ? `No changes between working and ${against} configurations.\n` : text);
  return "fine";
};
