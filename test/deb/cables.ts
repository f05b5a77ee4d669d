import { type ChildProcess, spawn } from "node:child_process";
import { command, must } from "./chroot.ts";

/** Addresses of the LAN's host; what policy-route steers is that of the first. */
export const GUARDED = { 4: "192.168.1.10", 6: "2001:db8:a::10" } as const;
export const OTHERS = { 4: "192.168.1.11", 6: "2001:db8:a::11" } as const;
/** Behind both providers; each answers by itself, and counts who asked. */
export const SERVER = { 4: "192.0.2.80", 6: "2001:db8:ffff::80" } as const;

/** The machine's interfaces: LAN, the provider of the default route, and the line of policy-route. */
export const INTERFACES = [
  { name: "eth0", far: "lan", addresses: ["192.168.1.1/24", "2001:db8:a::1/64"], gateways: [] },
  { name: "eth1", far: "isp", addresses: ["198.51.100.7/24", "2001:db8:1::7/64"], gateways: ["198.51.100.1", "2001:db8:1::1"] },
  { name: "eth2", far: "dsl", addresses: ["203.0.113.7/24", "2001:db8:2::7/64"], gateways: [] },
] as const;

export type Provider = "isp" | "dsl";

const FAR_SIDE = {
  lan: [`${GUARDED[4]}/24`, `${OTHERS[4]}/24`, `${GUARDED[6]}/64`, `${OTHERS[6]}/64`],
  isp: ["198.51.100.1/24", "2001:db8:1::1/64"],
  dsl: ["203.0.113.1/24", "2001:db8:2::1/64"],
} as const;

/** By each of them the far side reaches what is behind the machine. */
const ROUTES = {
  lan: ["default via 192.168.1.1", "default via 2001:db8:a::1"],
  isp: ["192.168.1.0/24 via 198.51.100.7", "2001:db8:a::/64 via 2001:db8:1::7"],
  dsl: ["192.168.1.0/24 via 203.0.113.7", "2001:db8:a::/64 via 2001:db8:2::7"],
} as const;

const COUNTERS = `table inet seen {
  counter guarded4 { }
  counter guarded6 { }
  counter others4 { }
  counter others6 { }
  chain input { type filter hook input priority 0
    ip saddr ${GUARDED[4]} counter name guarded4
    ip6 saddr ${GUARDED[6]} icmpv6 type echo-request counter name guarded6
    ip saddr ${OTHERS[4]} counter name others4
    ip6 saddr ${OTHERS[6]} icmpv6 type echo-request counter name others6
  }
}`;

/** Pings of both families from one address of the LAN, 50 a second each, until they are stopped. */
export interface Stream {
  /** Sent and answered, of both families. */
  stop(): Promise<{ readonly sent: number; readonly lost: number }>;
}

/** The far ends of the machine's cables, in network namespaces; `prefix` makes their names nobody else's. */
export function layCables(prefix: string) {
  const namespace = (name: string) => `${prefix}-${name}`;
  const machine = namespace("machine");
  const streams = new Set<ChildProcess>();
  for (const [name, counted] of [
    ["lan", false],
    ["isp", true],
    ["dsl", true],
  ] as const) {
    must(["ip", "netns", "add", namespace(name)]);
    must(["ip", "-n", namespace(name), "link", "set", "lo", "up"]);
    must(["ip", "netns", "exec", namespace(name), "sysctl", "--quiet", "net.ipv6.conf.default.accept_dad=0"]);
    if (!counted) continue;
    for (const address of [`${SERVER[4]}/32`, `${SERVER[6]}/128`])
      must(["ip", "-n", namespace(name), "address", "add", address, "dev", "lo"]);
    must(["ip", "netns", "exec", namespace(name), "nft", "-f", "-"], COUNTERS);
  }

  /** Gives a far side its addresses and routes; the kernel takes routes and IPv6 addresses away from a link that goes down. */
  function address(far: keyof typeof FAR_SIDE): void {
    const here = ["ip", "-n", namespace(far)];
    for (const one of FAR_SIDE[far]) must([...here, "address", "replace", one, "dev", "eth0"]);
    for (const route of ROUTES[far]) must([...here, "route", "replace", ...route.split(" "), "dev", "eth0"]);
  }

  return {
    /** The machine's network namespace, new and with the cables in it; those of its last life are gone. */
    plug(): string {
      // The kernel takes its time to end a namespace; its cables go at once from the other side.
      for (const { far } of INTERFACES) command(["ip", "-n", namespace(far), "link", "delete", "eth0"]);
      command(["ip", "netns", "delete", machine]);
      must(["ip", "netns", "add", machine]);
      for (const { name, far } of INTERFACES) {
        const end = namespace(far);
        must(["ip", "-n", machine, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", end]);
        must(["ip", "-n", end, "link", "set", "eth0", "up"]);
        address(far);
      }
      return machine;
    },
    /** The far side of a line goes down, or comes back. */
    carrier(provider: Provider, state: "up" | "down"): void {
      must(["ip", "-n", namespace(provider), "link", "set", "eth0", state]);
      if (state === "up") address(provider);
    },
    /** Packets to the server that came out at a provider so far. */
    arrived(provider: Provider, from: "guarded" | "others", family: 4 | 6): number {
      const said = must([
        "ip",
        "netns",
        "exec",
        namespace(provider),
        "nft",
        "list",
        "counter",
        "inet",
        "seen",
        `${from}${family}`,
      ]);
      return Number(/packets (\d+)/.exec(said)?.[1]);
    },
    /** One ping; whether it was answered. */
    ping(family: 4 | 6, from: string): boolean {
      const argv = ["ping", `-${family}`, "-n", "-c", "1", "-W", "1", "-I", from, SERVER[family]];
      return command(["ip", "netns", "exec", namespace("lan"), ...argv]).status === 0;
    },
    stream(from: { readonly 4: string; readonly 6: string }): Stream {
      const pings = ([4, 6] as const).map((family) => {
        const argv = ["ping", `-${family}`, "-n", "-q", "-i", "0.02", "-I", from[family], SERVER[family]];
        const child = spawn("ip", ["netns", "exec", namespace("lan"), ...argv], { stdio: ["ignore", "pipe", "inherit"] });
        streams.add(child);
        let said = "";
        child.stdout.on("data", (chunk) => (said += chunk));
        return async () => {
          const closed = new Promise((resolve) => child.once("close", resolve));
          child.kill("SIGINT");
          await closed;
          streams.delete(child);
          const [, sent, answered] = /(\d+) packets transmitted, (\d+) received/.exec(said) ?? [];
          if (sent === undefined) throw new Error(`ping said: ${said}`);
          return { sent: Number(sent), lost: Number(sent) - Number(answered) };
        };
      });
      const started = Date.now();
      return {
        async stop() {
          // A stream of a moment proves nothing: three seconds of it are 300 packets.
          await new Promise((resolve) => setTimeout(resolve, started + 3000 - Date.now()));
          const counts = await Promise.all(pings.map((stop) => stop()));
          return { sent: counts.reduce((sum, one) => sum + one.sent, 0), lost: counts.reduce((sum, one) => sum + one.lost, 0) };
        },
      };
    },
    remove(): void {
      for (const child of streams) child.kill("SIGKILL");
      for (const name of ["machine", "lan", "isp", "dsl"]) command(["ip", "netns", "delete", namespace(name)]);
    },
  };
}
