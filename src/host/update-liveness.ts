import type { Context } from "../context.ts";
import { type Liveness, parseLiveness, renderLiveness } from "../uplink/liveness.ts";
import { takeLock } from "./lock.ts";

let last: Promise<void> = Promise.resolve();

/**
 * Changes the file in which the monitor leaves what it knows. One change at a time: probes and groups each change their part, and
 * so does the operator (`force ... failback`), for whom it is changed under the lock. Not to be called by who has the lock.
 * `change` may be called twice, and what it says last counts. Once `policy-route` is deleted nothing is written any more.
 * @throws HostError when it cannot be written
 */
export function updateLiveness(context: Context, change: (before: Liveness) => Liveness): Promise<void> {
  const done = last.then(async () => {
    // Most of the time there is nothing to write, and no lock to be taken.
    if ((await changed(context, change)) === undefined) return;
    const release = await takeLock(context.paths.lock);
    try {
      // Whoever takes the last configuration out takes this file with it, under the lock.
      if ((await context.host.read(context.paths.applied)) === undefined) return;
      const text = await changed(context, change);
      if (text !== undefined) await context.host.write(context.paths.liveness, text);
    } finally {
      release();
    }
  });
  last = done.catch(() => {});
  return done;
}

/** The text of the file after the change; `undefined` when it is what is there. */
async function changed({ host, paths }: Context, change: (before: Liveness) => Liveness): Promise<string | undefined> {
  const before = parseLiveness(await host.read(paths.liveness));
  const text = renderLiveness(change(before));
  return text === renderLiveness(before) ? undefined : text;
}
