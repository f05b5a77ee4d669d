import { readApplied } from "../applied.ts";
import type { Config } from "../config/schema.ts";
import { type Context, EXIT, OperatorError } from "../context.ts";
import { mustBeConfigured, mustHave } from "../must-have.ts";
import { printWarnings } from "../print-warnings.ts";
import { reconcile } from "../reconcile.ts";
import { parseForced, parseLiveness, renderForced, renderLiveness } from "../uplink/liveness.ts";

const USAGE = "usage: policy-route force uplink NAME up|down|auto | policy-route force group NAME failback";

/** A file that is changed under the lock, and how. */
interface Edit {
  readonly path: string;
  /** @throws OperatorError when there is nothing to change */
  readonly change: (text: string | undefined, config: Config) => string;
  readonly done: string;
}

/**
 * `policy-route force ...`: what the operator says stands above what is seen, until he says `auto` or the machine reboots. Moves
 * the traffic before it returns; a running monitor hears of the changed file.
 */
export async function run(context: Context, words: readonly string[]): Promise<number> {
  const [kind, name, order, ...more] = words;
  if (name === undefined || order === undefined || more.length > 0) throw new OperatorError(USAGE);
  const edit = editOf(context, kind, name, order);
  const settled = await reconcile(context, {
    reason: `force ${words.join(" ")}`,
    allowSsh: true,
    edit: () => applyEdit(context, edit),
  });
  printWarnings(context, settled.warnings);
  context.out(`${edit.done}\n`);
  return EXIT.fine;
}

function editOf({ paths }: Context, kind: string | undefined, name: string, order: string): Edit {
  if (kind === "uplink" && (order === "up" || order === "down" || order === "auto")) {
    return {
      path: paths.forced,
      change: (text, config) => {
        const { uplink } = mustHave("uplink", name, config);
        const forced = new Map([...parseForced(text)].filter(([other]) => Object.hasOwn(uplink, other)));
        if (order === "auto") forced.delete(name);
        else forced.set(name, order);
        return renderForced(forced);
      },
      done: order === "auto" ? `Uplink ${name} goes by what is seen of it` : `Uplink ${name} is forced ${order}`,
    };
  }
  if (kind === "group" && order === "failback") {
    return {
      path: paths.liveness,
      change: (text, config) => {
        mustHave("group", name, config);
        const liveness = parseLiveness(text);
        const held = new Map(liveness.held);
        if ((held.get(name)?.size ?? 0) === 0)
          throw new OperatorError(`no member of group ${name} is held back: its first member that is up is used already`);
        held.delete(name);
        return renderLiveness({ ...liveness, held });
      },
      done: `Group ${name} is back with its first member that is up`,
    };
  }
  throw new OperatorError(USAGE);
}

async function applyEdit(context: Context, { path, change }: Edit): Promise<() => Promise<void>> {
  const config = mustBeConfigured((await readApplied(context)).config);
  const { host } = context;
  const before = await host.read(path);
  await host.write(path, change(before, config));
  return () => (before === undefined ? host.remove(path) : host.write(path, before));
}
