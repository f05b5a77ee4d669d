import type { Context } from "../context.ts";
import { type Liveness, parseLiveness, renderLiveness } from "../uplink/liveness.ts";

let last: Promise<void> = Promise.resolve();

/**
 * Changes the file in which the monitor leaves what it knows. One change at a time: probes and groups each change their part.
 * @throws HostError when it cannot be written
 */
export function updateLiveness({ host, paths }: Context, change: (before: Liveness) => Liveness): Promise<void> {
  const done = last.then(async () => {
    const before = parseLiveness(await host.read(paths.liveness));
    const text = renderLiveness(change(before));
    if (text !== renderLiveness(before)) await host.write(paths.liveness, text);
  });
  last = done.catch(() => {});
  return done;
}
