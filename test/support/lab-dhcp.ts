import type { ChildProcess } from "node:child_process";
import { ROUTER, ROUTER_ROOT } from "./lab-router.ts";
import { until } from "./lab-wait.ts";
import { kill, type World } from "./lab-world.ts";

/** What the DSL provider leases. Times in seconds. */
export interface Offer {
  /** Routers option; the first is the gateway. Empty: no such option. */
  readonly routers: readonly string[];
  readonly renew: number;
  readonly rebind: number;
  readonly lease: number;
  /** More lines for dhcpd.conf, inside the subnet. */
  readonly extra?: readonly string[];
}

export const OFFER: Offer = { routers: ["198.51.100.1"], renew: 3, rebind: 8, lease: 12 };

/** The DSL provider's DHCP server (ISC dhcpd) and the router's client (ISC dhclient) on eth1. */
export interface Dhcp {
  /** Starts the server, or starts it anew with another offer: the client hears of it at its next renewal. */
  serve(offer?: Partial<Offer>): Promise<void>;
  stopServer(): void;
  startClient(): Promise<void>;
  /** Kills the client without a word to anyone (no hook runs), as kill -9 does. */
  killClient(): void;
  /** `dhclient -r`: gives the lease back; the hooks run with RELEASE. */
  release(): Promise<void>;
  /** The router's address on eth1, if it has one. */
  address(): Promise<string | undefined>;
  /** Reasons the exit hooks were called with so far, oldest first. */
  reasons(): Promise<readonly string[]>;
}

const LEASES = "/var/lib/dhcp/dhclient.eth1.leases";
const PID = "/run/dhclient.eth1.pid";

export function makeDhcp(world: World): Dhcp {
  let server: ChildProcess | undefined;
  let client: ChildProcess | undefined;
  const dhcp: Dhcp = {
    async serve(part = {}) {
      dhcp.stopServer();
      const folder = "/run/lab/dhcpd";
      await world.must(undefined, ["sh", "-euc", 'mkdir -p "$1"; touch "$1/leases"; cat > "$1/conf"', "conf", folder], {
        stdin: dhcpdConfig({ ...OFFER, ...part }),
      });
      const argv = ["dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", `${folder}/conf`, "-lf", `${folder}/leases`, "eth0"];
      server = world.start({ netns: "dsl" }, argv, { stdio: "ignore" });
    },
    stopServer() {
      if (server !== undefined) kill(server);
      server = undefined;
    },
    async startClient() {
      await world.must(undefined, ["sh", "-euc", CLIENT_FILES, "client", ROUTER_ROOT]);
      const argv = ["dhclient", "-4", "-d", "-v", "-pf", PID, "-lf", LEASES, "eth1"];
      client = world.start(ROUTER, argv, { stdio: "ignore" });
      await until("a lease on eth1", () => dhcp.address(), { last: async () => (await dhcp.reasons()).join(" ") });
    },
    killClient() {
      if (client !== undefined) kill(client);
      client = undefined;
    },
    async release() {
      await world.must(ROUTER, ["dhclient", "-4", "-r", "-pf", PID, "-lf", LEASES, "eth1"]);
      dhcp.killClient();
    },
    async address() {
      const text = await world.must({ netns: "router" }, ["ip", "-j", "-4", "addr", "show", "dev", "eth1"]);
      const [link] = JSON.parse(text) as { addr_info: { local: string; scope: string }[] }[];
      return link?.addr_info.find((one) => one.scope === "global")?.local;
    },
    async reasons() {
      const seen = await world.exec(ROUTER, ["cat", "/run/lab-dhcp-reasons"]);
      return seen.stdout.split("\n").filter(Boolean);
    },
  };
  return dhcp;
}

function dhcpdConfig(offer: Offer): string {
  return `authoritative;
ping-check false;
default-lease-time ${offer.lease};
max-lease-time ${offer.lease};
min-lease-time ${offer.lease};
subnet 198.51.100.0 netmask 255.255.255.0 {
  range 198.51.100.50 198.51.100.60;
  ${offer.routers.length === 0 ? "" : `option routers ${offer.routers.join(", ")};`}
  option dhcp-renewal-time ${offer.renew};
  option dhcp-rebinding-time ${offer.rebind};
  ${(offer.extra ?? []).join("\n  ")}
}
`;
}

/**
 * The client asks quickly, as a test has no minute to spare. Its first hooks do what VyOS does with a default route from
 * DHCP: it goes into FRR as a static route of distance 210 and tag 210, not into the kernel.
 */
const CLIENT_FILES = `
root=$1
mkdir -p "$root/var/lib/dhcp"
cat > "$root/etc/dhcp/dhclient.conf" <<'END'
option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
initial-delay 0;
initial-interval 1;
backoff-cutoff 2;
reboot 1;
retry 1;
timeout 5;
request subnet-mask, broadcast-address, routers, rfc3442-classless-static-routes, dhcp-renewal-time, dhcp-rebinding-time;
END
cat > "$root/etc/dhcp/dhclient-enter-hooks.d/router-default" <<'END'
echo "$reason" >> /run/lab-dhcp-reasons
ip() {
  case "$*" in *"route add default"*) return 0 ;; esac
  command ip "$@"
}
END
cat > "$root/etc/dhcp/dhclient-exit-hooks.d/00-router-default" <<'END'
frr_default() {
  if [ -n "$2" ]; then vtysh -c 'configure terminal' -c "$1 ip route 0.0.0.0/0 \${2%% *} $interface tag 210 210" > /dev/null 2>&1; fi
}
case $reason in
  BOUND|RENEW|REBIND|REBOOT)
    if [ "$old_routers" != "$new_routers" ]; then frr_default no "$old_routers"; fi
    frr_default '' "$new_routers"
    ;;
  EXPIRE|FAIL|RELEASE|STOP) frr_default no "$old_routers" ;;
esac
END
`;
