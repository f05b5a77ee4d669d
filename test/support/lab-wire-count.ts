import type { Lab } from "./lab.ts";

const PROVIDERS = ["dsl", "dsl2", "bgp1", "bgp2"] as const;

/** Packets of UDP port 5000, counted by the kernels they pass: what a busy test program does not take off its socket is not lost on the way. */
export interface WireCount {
  /** From the LAN into the router. */
  readonly asked: number;
  /** Out of the router by eth1, and by any other line. */
  readonly byLine: number;
  readonly elsewhere: number;
  /** Into each provider. */
  readonly arrived: Readonly<Record<(typeof PROVIDERS)[number], number>>;
  /** Answers out of each provider. */
  readonly answered: Readonly<Record<(typeof PROVIDERS)[number], number>>;
  /** Answers into the router by other lines than eth1, and those of them that it gave to the LAN. */
  readonly entered: number;
  readonly delivered: number;
}

const ROUTER = `
add table inet wire
add counter inet wire asked; add counter inet wire byLine; add counter inet wire elsewhere
add counter inet wire entered; add counter inet wire delivered
add chain inet wire first { type filter hook prerouting priority -400; }
add chain inet wire between { type filter hook forward priority 400; }
add chain inet wire last { type filter hook postrouting priority 400; }
add rule inet wire first iifname eth0 udp dport 5000 counter name asked
add rule inet wire first iifname != { eth0, eth1 } udp sport 5000 counter name entered
add rule inet wire between iifname != eth1 oifname eth0 udp sport 5000 counter name delivered
add rule inet wire last oifname eth1 udp dport 5000 counter name byLine
add rule inet wire last oifname != eth1 udp dport 5000 counter name elsewhere
`;
const PROVIDER = `
add table inet wire
add counter inet wire arrived; add counter inet wire answered
add chain inet wire first { type filter hook prerouting priority -400; }
add chain inet wire last { type filter hook postrouting priority 400; }
add rule inet wire first iifname eth0 udp dport 5000 counter name arrived
add rule inet wire last oifname eth0 udp sport 5000 counter name answered
`;

/** Counts from zero, from now on. A table of its own in each kernel, which nothing of the router's knows. */
export async function startWireCount(lab: Lab): Promise<() => Promise<WireCount>> {
  const hosts = ["router", ...PROVIDERS] as const;
  await Promise.all(
    hosts.map(async (host) => {
      await lab.exec(host, ["nft", "delete table inet wire"]);
      await lab.must(host, ["nft", "-f", "-"], { stdin: host === "router" ? ROUTER : PROVIDER });
    }),
  );
  const countersOf = async (host: (typeof hosts)[number]): Promise<Record<string, number>> => {
    const text = await lab.must(host, ["nft", "list counters table inet wire"]);
    return Object.fromEntries(
      [...text.matchAll(/counter (\w+) \{\s*packets (\d+)/g)].map(([, name, packets]) => [name, Number(packets)]),
    );
  };
  return async () => {
    const [router = {}, ...providers] = await Promise.all(hosts.map(countersOf));
    const by = (name: string) =>
      Object.fromEntries(PROVIDERS.map((provider, i) => [provider, providers[i]?.[name] ?? Number.NaN])) as WireCount["arrived"];
    const of = (name: string): number => router[name] ?? Number.NaN;
    return {
      asked: of("asked"),
      byLine: of("byLine"),
      elsewhere: of("elsewhere"),
      arrived: by("arrived"),
      answered: by("answered"),
      entered: of("entered"),
      delivered: of("delivered"),
    };
  };
}
