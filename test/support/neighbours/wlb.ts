import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { bundleEntry } from "../bundle-entry.ts";
import { until } from "../lab-wait.ts";
import { kill } from "../lab-world.ts";
import type { Neighbour, Span } from "./neighbour.ts";
import type { NeighbourWorld } from "./neighbour-world.ts";
import type { WlbConfig, WlbForm, WlbNote } from "./wlb-config.ts";

/** The lab's daemon: both providers balanced, rounds and initial phase short so that tests do not wait for them. */
export function wlbConfig(form: WlbForm, options: Partial<WlbConfig> = {}): WlbConfig {
  return {
    form,
    inbound: "eth0",
    uplinks: [
      { device: "eth1", gateway: "192.0.2.1", address: "192.0.2.2" },
      { device: "eth2", gateway: "198.51.100.1", address: "198.51.100.2" },
    ],
    sticky: false,
    local: false,
    perPacket: false,
    interval: 200,
    initial: 200,
    ...options,
  };
}

/**
 * What the router has before the daemon starts. Vyatta's raw tables end in NOTRACK, behind hooks for those who need tracking.
 */
export function wlbSystem(form: WlbForm): string {
  if (form !== "vyatta") return "true";
  const hooks = ["PREROUTING", "OUTPUT"].flatMap((chain) => [
    `iptables -t raw -N VYATTA_CT_${chain}_HOOK; iptables -t raw -A VYATTA_CT_${chain}_HOOK -j RETURN`,
    ...["IGNORE", "TIMEOUT", `${chain}_HOOK`].map((name) => `iptables -t raw -A ${chain} -j VYATTA_CT_${name}`),
    `iptables -t raw -A ${chain} -j NOTRACK`,
  ]);
  return [
    "for name in VYATTA_CT_IGNORE VYATTA_CT_TIMEOUT; do iptables -t raw -N $name; iptables -t raw -A $name -j RETURN; done",
    ...hooks,
    "iptables -t nat -N VYATTA_PRE_SNAT_HOOK; iptables -t nat -A VYATTA_PRE_SNAT_HOOK -j RETURN",
    "iptables -t nat -A POSTROUTING -j VYATTA_PRE_SNAT_HOOK",
  ].join("\n");
}

const DAEMON = "/run/pr/wlb-daemon.cjs";

/** The stand-in of the daemon as a process of the test. */
export interface Wlb extends Neighbour {
  /** Starts the process and does not wait. */
  launch(): void;
  /** Waits until the kernel holds what these uplinks being up asks for. */
  balancing(up: readonly string[]): Promise<void>;
  /** Commands that failed though the daemon needs them. */
  failures(): readonly string[];
  kill(): Promise<void>;
}

/** `router`: the world it runs in, in the namespace `router`, and the environment with the front end it is to call. */
export async function makeWlb(router: Pick<NeighbourWorld, "world" | "env">, config: WlbConfig): Promise<Wlb> {
  await router.world.must(undefined, ["sh", "-euc", `cat > ${DAEMON}`], {
    stdin: await bundleEntry("test/support/neighbours/wlb-daemon.ts"),
  });
  const notes: WlbNote[] = [];
  const settled: { from: number; to: number }[] = [];
  let child: ChildProcess | undefined;
  let up: string | undefined;

  const unsettle = () => {
    const last = settled.at(-1);
    if (last !== undefined && last.to === Number.POSITIVE_INFINITY) last.to = Date.now();
    up = undefined;
  };
  const hear = (note: WlbNote) => {
    notes.push(note);
    if (note.kind !== "settled") return;
    unsettle();
    settled.push({ from: note.at, to: Number.POSITIVE_INFINITY });
    up = note.up.join();
  };
  const everything = config.uplinks.map(({ device }) => device);
  // The newest form writes its table a second time when the first round of pings is over.
  const enough = (): number => (config.form === "nft" ? 2 : 1);
  let heard = 0;

  const wlb: Wlb = {
    launch() {
      heard = notes.filter(({ kind }) => kind === "settled").length;
      const started = router.world.start({ netns: "router" }, [process.execPath, DAEMON, JSON.stringify(config)], {
        stdio: ["pipe", "pipe", "inherit"],
        env: router.env,
      });
      createInterface({ input: started.stdout as NonNullable<typeof started.stdout> }).on("line", (line) =>
        hear(JSON.parse(line) as WlbNote),
      );
      child = started;
    },
    async start() {
      wlb.launch();
      await until(
        "WAN load balancing to start",
        () => notes.filter(({ kind }) => kind === "settled").length >= heard + enough() && up === everything.join(),
        { every: 10, last: () => JSON.stringify(notes.slice(-5)) },
      );
    },
    async kill() {
      unsettle();
      await end("SIGKILL");
    },
    async stop() {
      unsettle();
      await end("SIGTERM");
    },
    async restart() {
      await wlb.stop();
      await wlb.start();
    },
    async balancing(devices) {
      await until(`WAN load balancing by ${devices.join(", ")}`, () => up === devices.join(), { every: 10 });
    },
    async noticed(lost) {
      await wlb.balancing(everything.filter((device) => device !== lost));
    },
    fronts: () => notes.flatMap((note): Span[] => (note.kind === "front" ? [{ from: note.from, to: note.to }] : [])),
    settled: () => settled,
    failures: () => notes.flatMap((note) => (note.kind === "failed" ? [`${note.argv.join(" ")}: ${note.words}`] : [])),
  };
  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (ending === undefined) return;
    kill(ending, signal);
    await until("WAN load balancing to end", () => ending.exitCode !== null || ending.signalCode !== null, { every: 10 });
    child = undefined;
  }
  return wlb;
}
