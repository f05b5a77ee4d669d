import { promises as fs } from "node:fs";
import { dirname } from "node:path";
import { failureWords } from "./failure-words.ts";
import { HostError, isHostError } from "./host.ts";
import { type Release, takeLock } from "./lock.ts";
import { makeFolder } from "./make-folder.ts";

/** What only a configuration session does to files. */
export interface SessionFiles {
  /** Makes a folder for this process that nobody else may read, and clears away those of sessions that were killed. */
  openFolder(parent: string): Promise<string>;
  removeFolder(folder: string): Promise<void>;
  /** Replaces a file atomically with the mode and owner it had; a new one is 0640. */
  replaceKeepingOwner(file: string, text: string): Promise<void>;
  /** Takes the commit lock; `undefined` when another session commits for longer than two seconds. */
  lockCommit(file: string): Promise<Release | undefined>;
}

export const realSessionFiles: SessionFiles = {
  async openFolder(parent) {
    try {
      makeFolder(parent);
      await removeAbandoned(parent);
      return await fs.mkdtemp(`${parent}/session.${process.pid}.`);
    } catch (error) {
      throw new HostError(`cannot make a session folder in ${parent}: ${failureWords(error)}`);
    }
  },
  removeFolder: (folder) => fs.rm(folder, { recursive: true, force: true }),
  replaceKeepingOwner: replace,
  async lockCommit(file) {
    try {
      // Our own last commit may still be letting go.
      return await takeLock(file, 2);
    } catch (error) {
      if (isHostError(error) && error.message.startsWith("another policy-route is at work")) return undefined;
      throw error;
    }
  },
};

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await fs.readdir(parent)) {
    const pid = /^session\.([0-9]+)\./.exec(name)?.[1];
    if (pid !== undefined && !(await exists(`/proc/${pid}`))) await fs.rm(`${parent}/${name}`, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return await fs.stat(path).then(
    () => true,
    () => false,
  );
}

async function replace(name: string, text: string): Promise<void> {
  const file = await fs.realpath(name).catch(() => name);
  const temporary = `${dirname(file)}/.policy-route.${process.pid}.save.tmp`;
  try {
    makeFolder(dirname(file));
    const old = await fs.stat(file).catch(() => undefined);
    await fs.writeFile(temporary, text, { mode: 0o600 });
    if (old !== undefined) await fs.chown(temporary, old.uid, old.gid);
    await fs.chmod(temporary, old === undefined ? 0o640 : old.mode & 0o7777);
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    throw new HostError(`cannot write ${file}: ${failureWords(error)}`);
  }
}
