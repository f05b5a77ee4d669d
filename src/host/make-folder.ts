import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder with those above it that are missing; none is an error that is there already. Not `mkdirSync` with `recursive`:
 * below /proc, where nothing can be made and the kernel says ENOENT, that never returns (Node 18 to 20).
 * @throws what `mkdirSync` throws
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && dirname(path) !== path) {
      makeFolder(dirname(path), mode);
      makeOne(path, mode);
    } else if (!isFolder(path)) throw error;
  }
}

/** Its parent is there. Somebody else may have been faster. */
function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
