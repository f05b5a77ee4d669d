import { type WlbCommand, type WlbConfig, wlbMark, wlbNumber } from "./wlb-config.ts";

/** The newest form: routes and ip rules with preferences of its own, then one table, rendered anew at every change. */
export function startCommands(config: WlbConfig, leftOver: boolean): WlbCommand[] {
  return [
    ...config.uplinks.flatMap(({ device, gateway }, n): WlbCommand[] => {
      const [mark, table] = [wlbMark(n), `${wlbNumber(n)}`];
      return [
        { argv: ["ip", "route", "replace", "table", table, "default", "dev", device, "via", gateway] },
        rule(["add", "fwmark", mark, "table", "main", "suppress_prefixlength", "0", "priority", table]),
        rule(["add", "fwmark", mark, "table", table, "priority", `${wlbNumber(n) + 100}`]),
      ];
    }),
    tableCommand(
      config,
      config.uplinks.map(({ device }) => device),
      leftOver,
    ),
  ];
}

/** Rules of a daemon that was killed are still there. */
function rule(words: readonly string[]): WlbCommand {
  return { argv: ["ip", "rule", ...words], quiet: true };
}

/** Deleting and adding the table in one transaction registers its base chains anew, before all others at -150. */
export function tableCommand(config: WlbConfig, up: readonly string[], exists: boolean): WlbCommand {
  const text = `${exists ? "delete table ip vyos_wanloadbalance\n" : ""}${tableText(config, up)}`;
  return { argv: ["nft", "-f", "-"], stdin: text, front: true };
}

function tableText(config: WlbConfig, up: readonly string[]): string {
  const each = (line: (uplink: WlbConfig["uplinks"][number], n: number) => string): string => config.uplinks.map(line).join("");
  const fresh = config.perPacket ? "" : "ct state new ";
  const shares = up.map((device, n) => `${n} : jump wlb_mangle_isp_${device}`).join(", ");
  const choose = up.length > 1 ? `numgen random mod ${up.length} vmap { ${shares} }` : `jump wlb_mangle_isp_${up[0]}`;
  const balance = (match: string): string =>
    `${up.length > 0 ? `    ${match} ${fresh}counter ${choose}\n` : ""}    ${match} counter meta mark set ct mark\n`;
  return `table ip vyos_wanloadbalance {
  chain wlb_nat_postrouting {
    type nat hook postrouting priority 99; policy accept;
${each(({ device, address }, n) => `    ct mark ${wlbMark(n)} oifname "${device}" counter snat to ${address}\n`)}  }
${each(({ device }, n) => `  chain wlb_mangle_isp_${device} { meta mark set ${wlbMark(n)} ct mark set ${wlbMark(n)} counter accept; }\n`)}  chain wlb_mangle_prerouting {
    type filter hook prerouting priority -150; policy accept;
${config.sticky ? each(({ device }, n) => `    iifname "${device}" ct state new ct mark set ${wlbMark(n)}\n`) : ""}${balance(`iifname "${config.inbound}"`)}  }
  chain wlb_mangle_output {
    type filter hook output priority -150; policy accept;
${
  config.local
    ? `    meta mark != 0x0 counter return
    meta l4proto icmp counter return
    ip saddr 127.0.0.0/8 ip daddr 127.0.0.0/8 counter return
${balance(`oifname != "${config.inbound}"`)}`
    : ""
}  }
}
`;
}

export function stopCommands(config: WlbConfig): WlbCommand[] {
  return [
    ...config.uplinks.flatMap((_, n): WlbCommand[] => [
      { argv: ["ip", "route", "del", "table", `${wlbNumber(n)}`, "default"], quiet: true },
      rule(["del", "priority", `${wlbNumber(n)}`]),
      rule(["del", "priority", `${wlbNumber(n) + 100}`]),
    ]),
    { argv: ["nft", "delete", "table", "ip", "vyos_wanloadbalance"], quiet: true },
  ];
}
