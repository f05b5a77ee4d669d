import type { Context } from "./context.ts";

/** Takes note of the files `saveApplied` writes; the function it gives puts them back as they were. */
export async function keepSaved({ host, paths }: Context): Promise<() => Promise<void>> {
  const files = [paths.applied, paths.appliedValues, paths.lastApplied, paths.state];
  const texts = await Promise.all(files.map((file) => host.read(file)));
  return async () => {
    for (const [i, file] of files.entries()) {
      const text = texts[i];
      if ((await host.read(file)) === text) continue;
      if (text === undefined) await host.remove(file);
      else await host.write(file, text);
    }
  };
}
