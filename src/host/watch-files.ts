import { type FSWatcher, watch } from "node:fs";

/** A set of files and folders that are listened to (inotify; /proc/sys sends events too, Linux 6.18). */
export class FileWatches {
  private readonly watches = new Map<string, FSWatcher>();

  /** `changed` gets the path that was given, and the name inside it when it is a folder. */
  constructor(private readonly changed: (path: string, name: string) => void) {}

  /**
   * Listens to these, and to nothing else any more. `of` makes a path that means another thing now (the sysctls of an interface that was
   * made anew) another one: it is listened to afresh. What does not exist is tried again at the next call.
   */
  listen(paths: Iterable<{ readonly path: string; readonly of: string }>): void {
    const wanted = new Map([...paths].map(({ path, of }) => [`${path}\n${of}`, path]));
    for (const [key, watcher] of this.watches) {
      if (wanted.has(key)) continue;
      watcher.close();
      this.watches.delete(key);
    }
    for (const [key, path] of wanted) {
      if (!this.watches.has(key)) this.add(key, path);
    }
  }

  private add(key: string, path: string): void {
    try {
      const watcher = watch(path, (event, name) => {
        // A folder or file that is itself removed or replaced is heard no more.
        if (event === "rename" && name === path.slice(path.lastIndexOf("/") + 1)) this.forget(key);
        this.changed(path, name ?? "");
      });
      watcher.on("error", () => this.forget(key));
      this.watches.set(key, watcher);
    } catch {
      // Not there, or no watch left to be had (fs.inotify.max_user_watches): the regular look finds what changes.
    }
  }

  private forget(key: string): void {
    this.watches.get(key)?.close();
    this.watches.delete(key);
  }
}
