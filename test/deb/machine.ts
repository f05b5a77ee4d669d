import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { until } from "../support/lab-wait.ts";
import { type Chroot, command, type Ended, must } from "./chroot.ts";

/** In a cgroup of its own, in a network namespace: $1 the cgroup's name, $2 the namespace, $3 the root, $4 what is run there. */
const OUTSIDE = `set -e
mount -t cgroup2 none /mnt; mkdir -p "/mnt/$1"; echo $$ > "/mnt/$1/cgroup.procs"; umount /mnt
exec ip netns exec "$2" unshare --mount --pid --fork --kill-child --cgroup --uts --ipc sh -c "$4" sh "$3"`;

/** What a container manager mounts. Of the sysctls only those of the network namespace can be written: others are the host's. */
const INSIDE = `set -e
mount --bind "$1" "$1"; cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys; mount -o remount,bind,ro proc/sys; mount --bind /proc/sys/net proc/sys/net
mount -t sysfs sysfs sys; mount -t cgroup2 cgroup2 sys/fs/cgroup; mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do touch dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/pts dev/shm; mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts; mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
exec chroot . env -i container=policy-route-test /lib/systemd/systemd --show-status=false --log-target=journal`;

/** Nobody logs in, and nothing is fetched from Debian. */
const MASKED = [
  "getty.target",
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "fstrim.timer",
];

/** How a machine goes down: in order, or as when the power fails. */
export type End = "poweroff" | "reboot" | "power failure";

/** A machine that systemd runs as process 1 of a container, with the files of a chroot. One boot at a time. */
export interface Machine {
  /** Boots in a network namespace, and comes back as soon as systemd answers. */
  boot(namespace: string): Promise<void>;
  run(argv: readonly string[]): Ended;
  /** `run` that throws, with everything printed, when the command fails. */
  must(argv: readonly string[]): string;
  /** Properties of a unit, as `systemctl show` names them. */
  unit(name: string, property: string): string;
  /** Waits until nothing is to be started any more; throws with the journal when a unit failed. */
  settled(): Promise<void>;
  end(how: End): Promise<void>;
  /** Ends it, whatever it does, and takes its cgroups away; the chroot stays. */
  remove(): Promise<void>;
}

/** `cgroup`: a name that nobody else uses. */
export function makeMachine(chroot: Chroot, cgroup: string): Machine {
  chroot.must(["systemctl", "mask", ...MASKED]);
  let running: { readonly child: ChildProcess; readonly init: number } | undefined;

  /** Process 1 of the container, once it is systemd. */
  function findInit(child: ChildProcess): number | undefined {
    try {
      const [init = ""] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ");
      return readFileSync(`/proc/${init}/comm`, "utf8").trim() === "systemd" ? Number(init) : undefined;
    } catch {
      return undefined;
    }
  }

  function run(argv: readonly string[]): Ended {
    if (running === undefined) throw new Error("the machine does not run");
    const enter = ["nsenter", `--target=${running.init}`, "-m", "-p", "-n", "-C", "-u", "-i", "-r", "-w"];
    return command([...enter, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", ...argv]);
  }

  function mustRun(argv: readonly string[]): string {
    const ended = run(argv);
    if (ended.status !== 0) throw new Error(`${argv.join(" ")} ended with ${ended.status}\n${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  }

  async function ended(child: ChildProcess): Promise<boolean> {
    await until("the machine to end", () => child.exitCode !== null || child.signalCode !== null, { timeout: 60_000 });
    running = undefined;
    return true;
  }

  const machine: Machine = {
    async boot(namespace) {
      // It ends with the process that tests, at the latest.
      const argv = [
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "sh",
        "-c",
        OUTSIDE,
        "sh",
        cgroup,
        namespace,
        chroot.path,
        INSIDE,
      ];
      const child = spawn("setpriv", argv, { stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
      const init = await until(
        "systemd to be process 1",
        () => {
          if (child.exitCode !== null) throw new Error(`the container ended with ${child.exitCode}\n${said}`);
          return findInit(child);
        },
        { last: () => said },
      );
      running = { child, init };
      await until("systemd to answer", () => run(["systemctl", "show", "--property=Version"]).status === 0, { last: () => said });
    },
    run,
    must: mustRun,
    unit: (name, property) => mustRun(["systemctl", "show", "--value", `--property=${property}`, name]).trim(),
    async settled() {
      const state = () => run(["systemctl", "is-system-running"]).stdout.trim();
      await until("systemd to be through", () => ["running", "degraded"].includes(state()), {
        timeout: 60_000,
        last: () => run(["systemctl", "list-jobs"]).stdout,
      });
      if (state() === "degraded")
        throw new Error(
          `a unit failed\n${mustRun(["systemctl", "--failed"])}${mustRun(["journalctl", "--no-pager", "--lines=80"])}`,
        );
    },
    async end(how) {
      if (running === undefined) return;
      const { child, init } = running;
      if (how === "power failure") process.kill(init, "SIGKILL");
      else run(["systemctl", "--no-block", how]);
      await ended(child);
    },
    async remove() {
      await machine.end("power failure");
      must([
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount -t cgroup2 none /mnt; [ ! -d "/mnt/$1" ] || find "/mnt/$1" -depth -type d -exec rmdir {} +',
        "sh",
        cgroup,
      ]);
    },
  };
  return machine;
}
