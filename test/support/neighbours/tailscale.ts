import type { Script } from "./script.ts";
import { closeTunnel, openTunnel, type Tunnel } from "./tunnel.ts";

export const TAILSCALE: Tunnel = { device: "tailscale0", address: "100.64.0.2/10", port: 41641, fwmark: 0x80000 };

const RESTORE =
  "PREROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j CONNMARK --restore-mark --nfmask 0xff0000 --ctmask 0xff0000";
const SAVE =
  "OUTPUT -m conntrack --ctstate NEW -m mark ! --mark 0x0/0xff0000 -j CONNMARK --save-mark --nfmask 0xff0000 --ctmask 0xff0000";

/** Chains in filter and nat, [table, chain, who jumps there]. */
const CHAINS = [
  ["filter", "ts-input", "INPUT"],
  ["filter", "ts-forward", "FORWARD"],
  ["nat", "ts-postrouting", "POSTROUTING"],
] as const;

const REMOVE = `
for pref in 5210 5230 5250 5270; do ip rule del pref $pref 2>/dev/null || true; done
${CHAINS.map(
  ([table, chain, hook]) =>
    `iptables -t ${table} -D ${hook} -j ${chain} 2>/dev/null || true
iptables -t ${table} -F ${chain} 2>/dev/null || true; iptables -t ${table} -X ${chain} 2>/dev/null || true`,
).join("\n")}
iptables -t mangle -D ${RESTORE} 2>/dev/null || true
iptables -t mangle -D ${SAVE} 2>/dev/null || true
ip route flush table 52 2>/dev/null || true
`;

/** tailscaled as a subnet router: it takes out what a life before left, then puts itself in. Its mask lies over our field. */
export function tailscale(): Script {
  return {
    start: `
${REMOVE}
${openTunnel(TAILSCALE)}
ip rule add pref 5210 fwmark 0x80000/0xff0000 table main
ip rule add pref 5230 fwmark 0x80000/0xff0000 table default
ip rule add pref 5250 fwmark 0x80000/0xff0000 type unreachable
ip rule add pref 5270 table 52
ip route add 100.64.0.0/10 dev tailscale0 table 52
${CHAINS.map(([table, chain, hook]) => `iptables -t ${table} -N ${chain}; iptables -t ${table} -I ${hook} -j ${chain}`).join("\n")}
iptables -A ts-input -i lo -s 100.64.0.2 -j ACCEPT
iptables -A ts-input ! -i tailscale0 -s 100.115.92.0/23 -j RETURN
iptables -A ts-input ! -i tailscale0 -s 100.64.0.0/10 -j DROP
iptables -A ts-input -i tailscale0 -j ACCEPT
iptables -A ts-forward -i tailscale0 -j MARK --set-mark 0x40000/0xff0000
iptables -A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT
iptables -A ts-forward -s 100.64.0.0/10 -o tailscale0 -j DROP
iptables -A ts-forward -o tailscale0 -j ACCEPT
iptables -t nat -A ts-postrouting -m mark --mark 0x40000/0xff0000 -j MASQUERADE
iptables -t mangle -I ${RESTORE}
iptables -t mangle -I ${SAVE}
`,
    kill: closeTunnel(TAILSCALE),
    stop: `${REMOVE}${closeTunnel(TAILSCALE)}`,
  };
}
