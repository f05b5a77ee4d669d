import { type WlbCommand, type WlbConfig, type WlbUplink, wlbMark, wlbNumber } from "./wlb-config.ts";

/** The names of iptables a form calls: `current` insists on the nft front end, the older ones take what is installed. */
function programOf({ form }: WlbConfig): string {
  return form === "current" ? "iptables-nft" : "iptables";
}

function on(config: WlbConfig, table: string): (words: string, flags?: Omit<WlbCommand, "argv">) => WlbCommand {
  return (words, flags = {}) => ({ argv: [programOf(config), "-t", table, ...words.split(" ")], ...flags });
}

const QUIET = { quiet: true } as const;

/** Everything up to the first round of pings: all traffic is accepted, nothing is balanced. Chains left by a kill are taken over. */
export function startCommands(config: WlbConfig): WlbCommand[] {
  const mangle = on(config, "mangle");
  const chain = (name: string): WlbCommand[] => [mangle(`-N ${name}`, QUIET), mangle(`-F ${name}`)];
  return [
    ...config.uplinks.flatMap((uplink, n) => [
      ...chain(`ISP_${uplink.device}`),
      mangle(`-A ISP_${uplink.device} -j CONNMARK --set-mark ${wlbMark(n)}`),
      mangle(`-A ISP_${uplink.device} -j MARK --set-mark ${wlbMark(n)}`),
      mangle(`-A ISP_${uplink.device} -j ACCEPT`),
      ...routing(uplink, n),
    ]),
    ...chain("WANLOADBALANCE_PRE"),
    mangle("-A WANLOADBALANCE_PRE -j ACCEPT"),
    mangle("-D PREROUTING -j WANLOADBALANCE_PRE", QUIET),
    mangle("-I PREROUTING 1 -j WANLOADBALANCE_PRE", { front: true }),
    ...(config.sticky ? config.uplinks.flatMap((uplink, n) => sticky(config, uplink, n, chain)) : []),
    ...(config.local
      ? [
          ...chain("WANLOADBALANCE_OUT"),
          mangle("-A WANLOADBALANCE_OUT -j ACCEPT"),
          mangle("-D OUTPUT -j WANLOADBALANCE_OUT", QUIET),
          mangle("-I OUTPUT 1 -j WANLOADBALANCE_OUT", { front: true }),
        ]
      : []),
    ...(config.form === "current" ? nftNat(config) : [...iptablesNat(config), ...tracking(config)]),
  ];
}

function routing({ device, gateway }: WlbUplink, n: number): WlbCommand[] {
  const table = `${wlbNumber(n)}`;
  return [
    { argv: ["ip", "rule", "delete", "table", table], quiet: true },
    { argv: ["ip", "route", "flush", "table", table], quiet: true },
    { argv: ["ip", "route", "replace", "table", table, "default", "dev", device, "via", gateway] },
    { argv: ["ip", "rule", "add", "fwmark", wlbMark(n), "table", table] },
  ];
}

/** Not deleted before it is inserted: after a kill and a start the jump is there twice, and one outlives the next stop. */
function sticky(config: WlbConfig, uplink: WlbUplink, n: number, chain: (name: string) => WlbCommand[]): WlbCommand[] {
  const mangle = on(config, "mangle");
  const name = `ISP_${uplink.device}_IN`;
  return [
    ...chain(name),
    mangle(`-A ${name} -j CONNMARK --set-mark ${wlbMark(n)}`),
    mangle(`-I PREROUTING 1 -i ${uplink.device} -m state --state NEW -j ${name}`, { front: true }),
  ];
}

/** Source NAT of `current`: native rules in the table that iptables-nft calls `nat`, before its POSTROUTING. */
function nftNat(config: WlbConfig): WlbCommand[] {
  const rules = config.uplinks.map(({ address }, n) => `ct mark ${wlbMark(n)} counter snat to ${address}\n`).join("");
  const text = `add table ip nat
add chain ip nat WANLOADBALANCE
flush chain ip nat WANLOADBALANCE
add chain ip nat VYOS_PRE_SNAT_HOOK { type nat hook postrouting priority 99; policy accept; }
flush chain ip nat VYOS_PRE_SNAT_HOOK
table ip nat {
chain WANLOADBALANCE {
${rules}}
}
add rule ip nat VYOS_PRE_SNAT_HOOK counter jump WANLOADBALANCE
`;
  return [{ argv: ["nft", "-f", "-"], stdin: text }];
}

function iptablesNat(config: WlbConfig): WlbCommand[] {
  const nat = on(config, "nat");
  return [
    nat("-N WANLOADBALANCE", QUIET),
    nat("-F WANLOADBALANCE"),
    nat("-D VYATTA_PRE_SNAT_HOOK -j WANLOADBALANCE", QUIET),
    nat("-I VYATTA_PRE_SNAT_HOOK 1 -j WANLOADBALANCE"),
    ...config.uplinks.map(({ address }, n) =>
      nat(`-A WANLOADBALANCE -m connmark --mark ${wlbMark(n)} -j SNAT --to-source ${address}`),
    ),
  ];
}

/** Keeps its traffic from the NOTRACK at the end of raw. */
function tracking(config: WlbConfig): WlbCommand[] {
  const raw = on(config, "raw");
  return [
    raw("-N WLB_CONNTRACK", QUIET),
    raw("-F WLB_CONNTRACK"),
    raw("-A WLB_CONNTRACK -j ACCEPT"),
    ...trackedChains(config).flatMap((chain) => [
      raw(`-D ${chain} -j WLB_CONNTRACK`, QUIET),
      raw(`-I ${chain} 4 -j WLB_CONNTRACK`),
    ]),
  ];
}

function trackedChains({ local }: WlbConfig): string[] {
  return ["PREROUTING", ...(local ? ["OUTPUT"] : [])];
}

/** What a change of health rebuilds: the balancing chain, and nothing else. `up` in the order of the configuration. */
export function runCommands(config: WlbConfig, up: readonly string[]): WlbCommand[] {
  const mangle = on(config, "mangle");
  const fresh = config.perPacket ? "" : "-m state --state NEW ";
  const balance = (chain: string, match: string): WlbCommand[] => [
    ...up.map((device, n) => {
      const left = up.length - n;
      const share = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(6)} ` : "";
      return mangle(`-A ${chain} ${match} ${fresh}${share}-j ISP_${device}`);
    }),
    ...(up.length > 0 ? [mangle(`-A ${chain} ${match} -j CONNMARK --restore-mark`)] : []),
  ];
  return [
    mangle("-F WANLOADBALANCE_PRE"),
    ...balance("WANLOADBALANCE_PRE", `-i ${config.inbound}`),
    ...(config.local
      ? [
          mangle("-F WANLOADBALANCE_OUT"),
          mangle("-A WANLOADBALANCE_OUT -m mark ! --mark 0 -j ACCEPT"),
          mangle("-A WANLOADBALANCE_OUT -p icmp --icmp-type any -j ACCEPT"),
          mangle("-A WANLOADBALANCE_OUT -s 127.0.0.1/8 -d 127.0.0.1/8 -j ACCEPT"),
          ...balance("WANLOADBALANCE_OUT", `! -o ${config.inbound}`),
        ]
      : []),
  ];
}

/** SIGTERM: one of everything is removed; a jump that is there twice keeps its chain. */
export function stopCommands(config: WlbConfig): WlbCommand[] {
  const [mangle, nat, raw] = [on(config, "mangle"), on(config, "nat"), on(config, "raw")];
  const gone = (table: typeof mangle, name: string): WlbCommand[] => [table(`-F ${name}`, QUIET), table(`-X ${name}`, QUIET)];
  return [
    ...(config.sticky
      ? config.uplinks.flatMap(({ device }) => [
          mangle(`-D PREROUTING -i ${device} -m state --state NEW -j ISP_${device}_IN`, QUIET),
          ...gone(mangle, `ISP_${device}_IN`),
        ])
      : []),
    mangle("-D PREROUTING -j WANLOADBALANCE_PRE", QUIET),
    ...gone(mangle, "WANLOADBALANCE_PRE"),
    ...(config.local ? [mangle("-D OUTPUT -j WANLOADBALANCE_OUT", QUIET), ...gone(mangle, "WANLOADBALANCE_OUT")] : []),
    ...config.uplinks.flatMap(({ device }, n) => [
      ...gone(mangle, `ISP_${device}`),
      { argv: ["ip", "rule", "delete", "table", `${wlbNumber(n)}`], quiet: true },
      { argv: ["ip", "route", "flush", "table", `${wlbNumber(n)}`], quiet: true },
    ]),
    ...(config.form === "current"
      ? [
          { argv: ["nft", "flush", "chain", "ip", "nat", "VYOS_PRE_SNAT_HOOK"], quiet: true },
          { argv: ["nft", "delete", "chain", "ip", "nat", "WANLOADBALANCE"], quiet: true },
        ]
      : [
          nat("-D VYATTA_PRE_SNAT_HOOK -j WANLOADBALANCE", QUIET),
          ...gone(nat, "WANLOADBALANCE"),
          ...trackedChains(config).map((chain) => raw(`-D ${chain} -j WLB_CONNTRACK`, QUIET)),
          ...gone(raw, "WLB_CONNTRACK"),
        ]),
  ];
}
