import type { ChildProcess } from "node:child_process";
import type { InstalledRouter } from "./installed-router.ts";
import { until } from "./lab-wait.ts";
import { kill, type World } from "./lab-world.ts";

/** What both ends agree on in a session; `defaultRoute` as pppd's option of that name. */
export interface PppSession {
  readonly local: string;
  readonly peer: string;
  readonly defaultRoute?: boolean;
}

/** A PPPoE line. This kernel has no ppp: the interface is a tun device, and what pppd does around it is done here. */
export interface PppLine {
  /** As pppd: the interface appears, gets its addresses, comes up; then the hook scripts are run. */
  dial(session: PppSession): Promise<void>;
  /** As pppd when the peer hangs up: addresses and link go, the hook scripts are run, the interface vanishes. */
  hangUp(): Promise<void>;
  /** kill -9 of pppd: the interface vanishes and nobody is told. */
  kill(): Promise<void>;
}

/** The line `device` of the router; its far end is the interface ppp0 of the host `provider`. */
export function makePppLine(world: World, router: InstalledRouter, device: string, provider: string): PppLine {
  const near = { netns: "router" };
  const far = { netns: provider };
  let process: ChildProcess | undefined;
  let session: PppSession | undefined;
  const exists = async () => (await world.exec(near, ["ip", "link", "show", device])).exitCode === 0;

  /** Debian's /etc/ppp/ip-up: the words of pppd, in the environment too, to every script of its folder. */
  const runHooks = (event: "ip-up" | "ip-down") => {
    const { local = "", peer = "" } = session ?? {};
    const words = [device, "", "0", local, peer, `dsl-${device}`];
    const names = ["IFACE", "TTY", "SPEED", "LOCAL", "REMOTE", "IPPARAM"];
    const set = names.map((name, n) => `export PPP_${name}='${words[n]}'`).join("; ");
    const args = words.map((word) => `--arg='${word}'`).join(" ");
    return router.sh(`${set}; run-parts /etc/ppp/${event}.d ${args}`);
  };
  const vanish = async () => {
    if (process !== undefined) kill(process);
    process = undefined;
    await until(`${device} to vanish`, async () => !(await exists()), { every: 10 });
  };

  return {
    async dial(next) {
      session = next;
      // Made where it ends, so that the router sees nothing but its own interface appear.
      const tun = (name: string) => `TUN,tun-name=${name},tun-type=tun,iff-no-pi`;
      process = world.start(far, ["socat", tun("near"), tun("ppp0")], { stdio: "ignore" });
      await until("the line", async () => (await world.exec(far, ["ip", "link", "show", "ppp0"])).exitCode === 0, { every: 10 });
      await world.must(far, ["ip", "-batch", "-"], {
        stdin: `link set ppp0 up\naddr add ${next.peer} peer ${next.local} dev ppp0\nlink set near name ${device} netns router\n`,
      });
      const route = next.defaultRoute === true ? `route add default dev ${device}\n` : "";
      await world.must(near, ["ip", "-batch", "-"], {
        stdin: `addr add ${next.local} peer ${next.peer} dev ${device}\nlink set ${device} mtu 1492 up\n${route}`,
      });
      await runHooks("ip-up");
    },
    async hangUp() {
      await world.must(near, ["ip", "-batch", "-"], { stdin: `addr flush dev ${device}\nlink set ${device} down\n` });
      await runHooks("ip-down");
      await vanish();
    },
    kill: vanish,
  };
}
