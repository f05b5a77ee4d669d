import { type FrontEnd, iptablesOf } from "../front-end.ts";
import { containerEngine } from "./container-engine.ts";
import type { Hook, Neighbour, OwnTraffic } from "./neighbour.ts";
import { CLIENTS, INTERNET, type Line, type NeighbourWorld, TAILNET_PEER } from "./neighbour-world.ts";
import { vyattaPolicyRoute, vyosPolicyRoute } from "./policy-route.ts";
import { makeScript, type Script } from "./script.ts";
import { TAILSCALE, tailscale } from "./tailscale.ts";
import { farEnd } from "./tunnel.ts";
import { WG, wgQuick } from "./wg-quick.ts";
import { makeWlb, wlbConfig, wlbSystem } from "./wlb.ts";
import { WLB_FORMS, type WlbConfig, type WlbForm } from "./wlb-config.ts";

/** A neighbour of the matrix. */
export interface NeighbourRow {
  readonly name: string;
  /** What stands in for what is not here; undefined: the commands are all there is to it. */
  readonly standIn: string;
  /** Whether `npm test` runs it; else only `npm run test:matrix`. */
  readonly always: boolean;
  /** Without options of the neighbour. */
  readonly plain: boolean;
  /** Whether it is a process, which can be killed. */
  readonly process: boolean;
  /** Whether the providers know the way back to the LAN. */
  readonly routed: boolean;
  hook(frontEnd: FrontEnd): Hook;
  /** It loses connections of its own by design: only that none of them comes to our line is asked for. */
  readonly lossy?: true;
  /** It adds ip rules that take every packet: they land in front of ours, whatever the backend. */
  readonly catchesAll?: true;
  /** The line its own traffic needs. */
  readonly line: Line;
  readonly own: readonly OwnTraffic[];
  /** Makes what is there before it starts, and it. */
  make(router: NeighbourWorld): Promise<Neighbour>;
}

/** The LAN's traffic that no rule of ours names. */
const lanTraffic = (right: OwnTraffic["right"], to = INTERNET): OwnTraffic => ({ from: "lan", sources: CLIENTS, to, right });

const isClient = (source: string) => (CLIENTS as readonly string[]).includes(source);

const WLB_NAMES = { current: "VyOS with nft-tools", vyatta: "1.2 and 1.3", nft: "newest" } as const;

function wlbRow(form: WlbForm, name: string, options: Partial<WlbConfig> = {}): NeighbourRow {
  const config = wlbConfig(form, options);
  return {
    name: `WAN load balancing, ${name}`,
    standIn: "a process that issues the daemon's commands and pings by interface",
    always: true,
    plain: Object.keys(options).length === 0,
    process: true,
    // Every packet goes another way than the one before, with the first one's source.
    ...(options.perPacket ? { lossy: true } : {}),
    routed: false,
    hook: () => (form === "current" ? "iptables-nft" : form === "vyatta" ? "iptables" : "nft"),
    line: "eth1",
    own: [lanTraffic((by, source) => (by === "isp1" && source === "192.0.2.2") || (by === "isp2" && source === "198.51.100.2"))],
    async make(router) {
      await router.sh("router", wlbSystem(form));
      return await makeWlb(router, config);
    },
  };
}

type ScriptRow = Pick<NeighbourRow, "name" | "standIn" | "process" | "hook" | "catchesAll" | "line" | "own"> & {
  readonly script: (frontEnd: FrontEnd) => Script;
  /** Shell, per host, before it starts. */
  readonly before?: readonly ["vpn", string];
};

function scriptRow({ script, before, ...row }: ScriptRow): NeighbourRow {
  return {
    ...row,
    always: false,
    plain: true,
    routed: true,
    async make(router) {
      if (before !== undefined) await router.sh(...before);
      return makeScript(router, script(router.frontEnd));
    },
  };
}

const COMMANDS = "a script that issues its documented commands";

export const NEIGHBOURS: readonly NeighbourRow[] = [
  ...WLB_FORMS.map((form) => wlbRow(form, WLB_NAMES[form])),
  ...WLB_FORMS.map((form) => wlbRow(form, `${WLB_NAMES[form]}, per packet`, { perPacket: true })),
  ...WLB_FORMS.map((form) => wlbRow(form, `${WLB_NAMES[form]}, sticky inbound and local traffic`, { sticky: true, local: true })),
  scriptRow({
    name: "VyOS policy route",
    standIn: COMMANDS,
    process: false,
    hook: () => "nft",
    line: "eth2",
    own: [lanTraffic((by, source) => by === "isp2" && isClient(source))],
    script: vyosPolicyRoute,
  }),
  scriptRow({
    name: "Vyatta 6.5 policy route",
    standIn: COMMANDS,
    process: false,
    hook: () => "iptables",
    line: "eth2",
    own: [lanTraffic((by, source) => by === "isp2" && isClient(source))],
    script: vyattaPolicyRoute,
  }),
  scriptRow({
    name: "wg-quick",
    standIn: `${COMMANDS}; a tun device that socat carries in marked UDP for the WireGuard device`,
    process: false,
    hook: (frontEnd) => (iptablesOf(frontEnd) === "nft" ? "nft" : "iptables"),
    catchesAll: true,
    line: "eth1",
    own: [lanTraffic((by, source) => by === "vpn" && isClient(source))],
    before: ["vpn", farEnd(WG, "10.8.0.1/24")],
    script: wgQuick,
  }),
  scriptRow({
    name: "Tailscale",
    standIn: `${COMMANDS}; a tun device that socat carries in marked UDP for tailscaled's`,
    process: true,
    hook: () => "iptables",
    line: "eth1",
    own: [
      lanTraffic((by, source) => by === "vpn" && isClient(source), TAILNET_PEER),
      {
        from: "vpn",
        sources: [TAILNET_PEER],
        to: "192.168.188.10",
        right: (by, source) => by === "lan" && source === "192.168.188.1",
      },
    ],
    before: ["vpn", farEnd(TAILSCALE, "100.64.0.8/10")],
    script: tailscale,
  }),
  scriptRow({
    name: "Container engine",
    standIn: `${COMMANDS}, with a bridge and a container`,
    process: true,
    hook: () => "iptables",
    line: "eth1",
    own: [
      { from: "box", sources: ["0.0.0.0"], to: INTERNET, right: (by, source) => by === "isp1" && source === "192.0.2.2" },
      { from: "isp1", sources: ["192.0.2.1"], to: "192.0.2.2", right: (by, source) => by === "box" && source === "192.0.2.1" },
    ],
    script: containerEngine,
  }),
];
