import { type FrontEnd, iptablesOf } from "../front-end.ts";
import type { Script } from "./script.ts";
import { closeTunnel, openTunnel, type Tunnel } from "./tunnel.ts";

export const WG: Tunnel = { device: "wg0", address: "10.8.0.2/24", port: 51820, fwmark: 51820 };

/**
 * `wg-quick up` with AllowedIPs 0.0.0.0/0: everything that the tunnel did not send itself goes into it. It takes nft when there
 * is nft, else iptables; either way an unmasked connection mark is restored into every UDP packet.
 */
export function wgQuick(frontEnd: FrontEnd): Script {
  const routing = `
ip rule add not fwmark 51820 table 51820
ip rule add table main suppress_prefixlength 0
ip route add 0.0.0.0/0 dev wg0 table 51820
echo 1 > /proc/sys/net/ipv4/conf/all/src_valid_mark
`;
  const off = `
ip rule del table 51820
ip rule del table main suppress_prefixlength 0
`;
  return iptablesOf(frontEnd) === "nft"
    ? {
        start: `${openTunnel(WG)}${routing}nft -f - <<'END'\n${NFT}END`,
        stop: `${off}nft delete table ip wg-quick-wg0\n${closeTunnel(WG)}`,
      }
    : {
        start: `${openTunnel(WG)}${routing}iptables-restore -n <<'END'\n${iptables("-I")}END`,
        stop: `${off}iptables-restore -n <<'END'\n${iptables("-D")}END\n${closeTunnel(WG)}`,
      };
}

const NFT = `add table ip wg-quick-wg0
add chain ip wg-quick-wg0 preraw { type filter hook prerouting priority -300; }
add chain ip wg-quick-wg0 premangle { type filter hook prerouting priority -150; }
add chain ip wg-quick-wg0 postmangle { type filter hook postrouting priority -150; }
add rule ip wg-quick-wg0 preraw iifname != "wg0" ip daddr 10.8.0.2 fib saddr type != local drop
add rule ip wg-quick-wg0 postmangle meta l4proto udp mark 51820 ct mark set mark
add rule ip wg-quick-wg0 premangle meta l4proto udp meta mark set ct mark
`;

function iptables(verb: "-I" | "-D"): string {
  return `*raw
${verb} PREROUTING ! -i wg0 -d 10.8.0.2 -m addrtype ! --src-type LOCAL -j DROP
COMMIT
*mangle
${verb} POSTROUTING -m mark --mark 51820 -p udp -j CONNMARK --save-mark
${verb} PREROUTING -p udp -j CONNMARK --restore-mark
COMMIT
`;
}
