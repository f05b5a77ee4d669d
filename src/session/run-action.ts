import { checkContext } from "./check-path.ts";
import { checkAll } from "./check-value.ts";
import type { ActionRun } from "./commit-actions.ts";
import type { Session, SessionWorld } from "./session.ts";
import { runTemplateText } from "./template-shell.ts";

/** Runs one action of a template; `output` is what it printed, messages of its expression included. */
export async function runAction(
  session: Session,
  world: SessionWorld,
  run: ActionRun,
): Promise<{ readonly isFine: boolean; readonly output: string }> {
  const tree = run.action === "DELETE" ? session.running : session.working;
  const said: string[] = [];
  const context = {
    ...checkContext(session, world, tree, run.path, (text) => said.push(text)),
    shell: (text: string) => runTemplateText(world, text, { env: { COMMIT_ACTION: run.action } }),
  };
  const isFine = await checkAll([run.expression], run.place.template, run.value, context);
  return { isFine, output: said.join("\n") };
}
