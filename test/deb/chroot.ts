import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const RELEASE = "bookworm";
/** The package's Depends and nothing of its Recommends. */
const PACKAGES = ["nodejs", "iproute2", "iptables"];

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunIn {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Name of a network namespace; default a new, empty one. The machine's own is never seen. */
  readonly namespace?: string;
}

/** A clean Debian 12 in a folder, in which commands run with a process tree and a network of their own. */
export interface Chroot {
  readonly path: string;
  run(argv: readonly string[], options?: RunIn): Ended;
  /** `run` that throws, with everything printed, when the command fails. */
  must(argv: readonly string[], options?: RunIn): string;
  write(path: string, text: string, mode?: number): void;
  /** Every file, one line each: path, mode, owner, hash of the content or target of the link. */
  listFiles(): string[];
  remove(): void;
}

export function command(argv: readonly string[], input?: string): Ended {
  const [program = "", ...args] = argv;
  const ended = spawnSync(program, args, { encoding: "utf8", input: input ?? "", timeout: 300_000, maxBuffer: 1 << 28 });
  return { status: ended.status, stdout: ended.stdout ?? "", stderr: ended.stderr ?? ended.error?.message ?? "" };
}

function hash(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

export function must(argv: readonly string[], input?: string): string {
  const ended = command(argv, input);
  if (ended.status !== 0) throw new Error(`${argv.join(" ")} ended with ${ended.status}\n${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

/** Where apt finds this release on this machine; empty leaves the choice to debootstrap. */
function mirror(): string[] {
  const sites = command([
    "apt-get",
    "indextargets",
    "--format",
    "$(REPO_URI)",
    "Created-By: Packages",
    `Codename: ${RELEASE}`,
    "Component: main",
  ]);
  const first = sites.stdout.split("\n")[0] ?? "";
  return sites.status === 0 && first !== "" ? [first] : [];
}

/** A tar file of the base system, made once (half a minute, from Debian's mirror) and kept in the user's cache folder. */
async function baseArchive(packages: readonly string[]): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "vyatta-policy-route");
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const key = hash(packages.join()).slice(0, 8);
  const archive = join(cache, `${RELEASE}-${process.arch}-${key}.tar.gz`);
  if (existsSync(archive) && statSync(archive).uid === process.getuid?.()) return archive;
  const building = mkdtempSync(join(cache, "building-"));
  // Vitest takes a worker for dead that does not answer for a minute.
  const wait = promisify(execFile);
  try {
    const root = join(building, "root");
    await wait("debootstrap", ["--variant=minbase", `--include=${packages.join()}`, RELEASE, root, ...mirror()]);
    must(["sh", "-c", 'rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*', "sh", root]);
    const partial = join(building, "base.tar.gz");
    await wait("tar", [
      "--create",
      "--numeric-owner",
      "--use-compress-program=gzip -1",
      "--file",
      partial,
      "--directory",
      root,
      ".",
    ]);
    renameSync(partial, archive);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return archive;
}

/** What is not the package's doing: file systems of the kernel, dpkg's records and logs. */
const UNLISTED = new Set(["/proc", "/sys", "/dev", "/tmp", "/var/lib/dpkg", "/var/log"]);

function listBelow(root: string, folder: string, lines: string[]): string[] {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (UNLISTED.has(path)) continue;
    const { mode, uid, gid } = lstatSync(join(root, path));
    const content = entry.isFile()
      ? hash(readFileSync(join(root, path)))
      : entry.isSymbolicLink()
        ? readlinkSync(join(root, path))
        : "";
    lines.push(`${path} ${mode.toString(8)} ${uid}:${gid} ${content}`);
    if (entry.isDirectory()) listBelow(root, path, lines);
  }
  return lines;
}

/** Unpacks one; `more`: Debian packages beside those that ours depends on. */
export async function makeChroot(more: readonly string[] = []): Promise<Chroot> {
  if (process.getuid?.() !== 0) throw new Error("these tests install into a chroot: run them as root");
  const archive = await baseArchive([...PACKAGES, ...more]);
  const path = mkdtempSync(join(tmpdir(), "policy-route-chroot-"));
  must(["tar", "--extract", "--numeric-owner", "--preserve-permissions", "--file", archive, "--directory", path]);
  rmSync(join(path, "etc/resolv.conf"), { force: true });

  function run(argv: readonly string[], { env = {}, stdin, namespace }: RunIn = {}): Ended {
    const network = namespace === undefined ? ["unshare", "--net"] : ["ip", "netns", "exec", namespace, "unshare"];
    const clean = {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LC_ALL: "C.UTF-8",
      ...env,
    };
    const variables = Object.entries(clean).map(([key, value]) => `${key}=${value}`);
    const isolate = [
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      `--root=${path}`,
      "--wd=/",
      "--mount-proc",
      "env",
      "-i",
      ...variables,
    ];
    return command([...network, ...isolate, ...argv], stdin);
  }

  return {
    path,
    run,
    must(argv, options) {
      const ended = run(argv, options);
      if (ended.status !== 0) throw new Error(`${argv.join(" ")} ended with ${ended.status}\n${ended.stdout}${ended.stderr}`);
      return ended.stdout;
    },
    write(file, text, mode = 0o644) {
      mkdirSync(join(path, file, ".."), { recursive: true });
      writeFileSync(join(path, file), text, { mode });
    },
    listFiles: () => listBelow(path, "", []).sort(),
    remove() {
      // Everything mounted inside lived in a mount namespace that is gone; a mount point here would mean it is not.
      if (lstatSync(path).dev !== lstatSync(join(path, "proc")).dev) throw new Error(`${path}/proc is still mounted`);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
