import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { bundleEntry } from "./bundle-entry.ts";
import { type FrontEnd, frontEndScript } from "./front-end.ts";
import { labFile } from "./lab-file.ts";
import { openWorld, type Place, type Result } from "./lab-world.ts";

/** What happens at the `at`-th change a run makes (files, sysctls, commands that write; counted from 1; 0: before anything). */
export interface Fault {
  readonly at: number;
  /** die: SIGKILL right after it. refuse: not done. half: done in part, then failed. late: done, then failed. */
  readonly kind: "die" | "refuse" | "half" | "late";
}

export interface Request {
  readonly root: string;
  /** apply FILE, restart, uninstall, or show WORDS as JSON. */
  readonly command: readonly string[];
  readonly fault?: Fault;
}

/** What a command line left behind. `failed`: the name of the error it ended with; "killed" for a run that died. */
export interface Run {
  readonly exitCode?: number;
  readonly failed?: string;
  readonly message?: string;
  /** Everything it changed, in order: commands with their input, files, sysctls. */
  readonly changes: readonly string[];
  readonly out: string;
  readonly err: string;
}

/** A router in a network namespace of its own, with the program's files below ROOT. */
export interface Namespace {
  /** Runs a shell script; throws with its output when it fails. PATH has the front end first. */
  sh(script: string): Promise<string>;
  exec(argv: readonly string[], options?: { stdin?: string; env?: Record<string, string> }): Promise<Result>;
  /** The program inside one long-lived process: apply FILE, restart, uninstall, or show WORDS as JSON. */
  run(command: readonly string[], fault?: Fault): Promise<Run>;
  /** Applies a configuration of `set` lines (without `set policy-route`; those of the firewall begin with `firewall`). */
  apply(lines: readonly string[], fault?: Fault): Promise<Run>;
  /** The built program as an operator starts it; `path` comes first in PATH. */
  program(argv: readonly string[], path?: string): Promise<Result>;
  /** The built program as a daemon, its standard streams as in World.start; it ends with the namespace at the latest. */
  daemon(argv: readonly string[]): ChildProcess;
  stop(): Promise<void>;
}

export const ROOT = "/run/pr/root";
export const FRONT = "/run/pr/front";
const CONFIG = "/run/pr/config.set";
const NETNS: Place = { netns: "router" };
const TOOLS = "/usr/sbin:/usr/bin:/sbin:/bin";

/** LAN eth0, uplinks eth1 and eth2, eth3 without carrier, eth4 administratively down; main's default by eth1. */
const INTERFACES = `
ip link set lo up
for i in 0 1 2 3 4; do
  ip link add eth$i type veth peer name p$i; ip link set eth$i addrgenmode none; sysctl -q net.ipv6.conf.p$i.disable_ipv6=1
  ip link set eth$i up; ip link set p$i up
done
ip link set p3 down; ip link set eth4 down
ip addr add 192.168.188.1/24 dev eth0; ip addr add 2001:db8:a::1/64 dev eth0 nodad
ip addr add 198.51.100.2/24 dev eth1; ip addr add 198.51.100.7/24 dev eth1; ip addr add 2001:db8:1::2/64 dev eth1 nodad
ip addr add 203.0.113.2/24 dev eth2; ip addr add 2001:db8:2::2/64 dev eth2 nodad
ip addr add 10.3.0.2/24 dev eth3; ip addr add 2001:db8:3::2/64 dev eth3 nodad
ip addr add 10.4.0.2/24 dev eth4
ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:1::1 dev eth1
mkdir -p ${ROOT}/etc/iproute2/rt_tables.d ${ROOT}/etc/iproute2/rt_protos.d ${ROOT}/var/lib ${ROOT}/run
`;

let bundled: Promise<string> | undefined;

/** Opens the namespace. It vanishes with everything in it when this process ends. */
export async function openNamespace(frontEnd: FrontEnd): Promise<Namespace> {
  const world = await openWorld("router");
  const env = { PATH: `${FRONT}:${TOOLS}`, LC_ALL: "C" };
  bundled ??= bundleEntry("test/kernel/driver.ts");
  const driver = await bundled;
  await world.must(undefined, ["sh", "-euc", "mount -t tmpfs tmpfs /run; mkdir -p /run/pr; ip netns add router"]);
  await world.must(undefined, ["sh", "-euc", "cat > /run/pr/driver.cjs"], { stdin: driver });
  await world.must(NETNS, ["sh", "-euc", `${INTERFACES}\n${frontEndScript(FRONT, frontEnd)}`], { env });

  let child: ChildProcess | undefined;
  let answer: ((run: Run) => void) | undefined;
  function start(): ChildProcess {
    const started = world.start(NETNS, [process.execPath, "/run/pr/driver.cjs"], { stdio: ["pipe", "pipe", "inherit"], env });
    started.stdin?.on("error", () => {});
    createInterface({ input: started.stdout as NonNullable<typeof started.stdout> }).on("line", (line) =>
      answer?.(JSON.parse(line) as Run),
    );
    started.once("exit", () => {
      if (child === started) child = undefined;
      answer?.({ failed: "killed", changes: [], out: "", err: "" });
    });
    return started;
  }
  const exec: Namespace["exec"] = (argv, options = {}) =>
    world.exec(NETNS, argv, { ...options, env: { ...env, ...options.env }, timeout: 60_000 });
  const sh: Namespace["sh"] = (script) => world.must(NETNS, ["sh", "-euc", script], { env });
  const run: Namespace["run"] = (command, fault) =>
    new Promise((resolve) => {
      answer = resolve;
      child ??= start();
      const request: Request = { root: ROOT, command, ...(fault === undefined ? {} : { fault }) };
      child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  const programArgv = [process.execPath, labFile("dist/bin/policy-route"), "--root", ROOT];
  return {
    sh,
    exec,
    run,
    async apply(lines, fault) {
      // iptables is what `auto` takes here by itself.
      const own =
        frontEnd !== "nftables" || lines.length === 0 || lines.some((line) => line.startsWith("backend "))
          ? []
          : ["backend nftables"];
      const text = [...own, ...lines]
        .map((line) => `set ${line.startsWith("firewall ") ? "" : "policy-route "}${line}\n`)
        .join("");
      await world.must(undefined, ["sh", "-euc", `cat > ${CONFIG}`], { stdin: text });
      return await run(["apply", CONFIG], fault);
    },
    program: (argv, path) =>
      exec([...programArgv, ...argv], { env: { PATH: path === undefined ? env.PATH : `${path}:${env.PATH}` } }),
    daemon: (argv) => world.start(NETNS, [...programArgv, ...argv], { env }),
    stop: () => world.stop(),
  };
}

/** Opens a namespace for the time of `use`. */
export async function inNamespace<T>(frontEnd: FrontEnd, use: (router: Namespace) => Promise<T>): Promise<T> {
  const router = await openNamespace(frontEnd);
  try {
    return await use(router);
  } finally {
    await router.stop();
  }
}
