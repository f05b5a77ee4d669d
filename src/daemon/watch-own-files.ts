import { basename, dirname } from "node:path";
import type { Context } from "../context.ts";
import { FileWatches } from "../host/watch-files.ts";
import type { Wake } from "../monitor/wake.ts";
import type { Settled } from "../reconcile.ts";

const SYSCTLS = "/proc/sys";

export interface FileListener {
  readonly wake: (why: Wake) => void;
  /** The router's running configuration may be another. */
  readonly configChanged: () => void;
}

/** The files that decide with the kernel: what other runs of ours and the hooks leave behind, iproute2's names, our sysctls. */
export class OwnFilesWatch {
  private readonly files: FileWatches;

  constructor(
    private readonly context: Context,
    private readonly listener: FileListener,
  ) {
    this.files = new FileWatches((path, name) => this.changed(path, name));
  }

  /** What is live by now says which; nothing (`undefined`): those that say when something is. */
  follow(settled: Pick<Settled, "target" | "facts"> | undefined): void {
    const { paths } = this.context;
    const folders = [
      paths.engineActive,
      paths.run,
      paths.leases,
      ...(settled === undefined ? [] : [dirname(paths.rtTables), dirname(paths.rtProtos)]),
    ];
    const links = new Map(settled?.facts?.links.map((link) => [link.name, link.index]));
    const sysctls = [...(settled?.target.sysctls.keys() ?? [])];
    this.files.listen([
      ...folders.map((path) => ({ path, of: "" })),
      ...sysctls.map((key) => ({ path: `${SYSCTLS}/${key}`, of: `${links.get(key.split("/")[3] ?? "") ?? ""}` })),
    ]);
  }

  stop(): void {
    this.files.listen([]);
  }

  private changed(path: string, name: string): void {
    const { paths } = this.context;
    const { wake, configChanged } = this.listener;
    if (path.startsWith(SYSCTLS)) wake("sysctl");
    else if (path === paths.engineActive) configChanged();
    else if (name === basename(path)) wake("file");
    else if (path === paths.leases) {
      if (name.endsWith(".json") && !name.startsWith(".")) wake("lease");
    } else if (path === paths.run) {
      if (name === basename(paths.applied)) wake("commit");
      else if (name === basename(paths.forced) || name === basename(paths.liveness)) wake("file");
      else if (name === basename(paths.leases)) wake("lease");
      else if (name === basename(paths.activeConfig)) configChanged();
    } else if (name === basename(paths.rtTables) || name === basename(paths.rtProtos)) wake("file");
  }
}
