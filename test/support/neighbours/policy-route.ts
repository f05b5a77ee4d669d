import type { Script } from "./script.ts";

// Both older ways of policy routing mark every packet of the LAN without a mask, here for the line by eth2.

/**
 * VyOS `policy route`: nft, a base chain at mangle's priority; mark 0x7fffffff minus the table, preference as the table. A commit
 * renders the whole table anew.
 */
export function vyosPolicyRoute(): Script {
  const table = `table ip vyos_mangle {
  chain VYOS_PBR_PREROUTING {
    type filter hook prerouting priority -150; policy accept;
    iifname { "eth0" } counter jump VYOS_PBR_UD_lan
  }
  chain VYOS_PBR_POSTROUTING { type filter hook postrouting priority -150; policy accept; }
  chain VYOS_PBR_UD_lan {
    meta l4proto { tcp, udp } counter meta mark set 0x7fffff9b return
  }
}`;
  const render = (again: boolean) => `nft -f - <<'END'\n${again ? "delete table ip vyos_mangle\n" : ""}${table}\nEND`;
  const rule = "ip rule del pref 100 2>/dev/null || true; ip rule add pref 100 fwmark 0x7fffff9b table 100";
  const route = "ip route replace default via 198.51.100.1 table 100";
  return {
    start: `${route}\n${rule}\n${render(false)}`,
    restart: `${render(true)}\n${rule}`,
    stop: "nft delete table ip vyos_mangle; ip rule del pref 100; ip route flush table 100",
  };
}

/** Vyatta 6.5 to VyOS 1.2: iptables; mark 0x7fffffff plus the table; the chain that marks ends in ACCEPT. */
export function vyattaPolicyRoute(): Script {
  return {
    start: `
ip route replace default via 198.51.100.1 table 10
ip rule add pref 10 fwmark 0x80000009 table 10
iptables -t mangle -N VYATTA_PBR_10
iptables -t mangle -A VYATTA_PBR_10 -j MARK --set-mark 0x80000009
iptables -t mangle -A VYATTA_PBR_10 -j ACCEPT
iptables -t mangle -N lan
iptables -t mangle -A lan -p tcp -j VYATTA_PBR_10
iptables -t mangle -A lan -p udp -j VYATTA_PBR_10
iptables -t mangle -N VYATTA_FW_IN_HOOK
iptables -t mangle -A VYATTA_FW_IN_HOOK -i eth0 -j lan
iptables -t mangle -I PREROUTING 1 -j VYATTA_FW_IN_HOOK
`,
    stop: `
iptables -t mangle -D PREROUTING -j VYATTA_FW_IN_HOOK
for chain in VYATTA_FW_IN_HOOK lan VYATTA_PBR_10; do iptables -t mangle -F $chain; iptables -t mangle -X $chain; done
ip rule del pref 10
ip route flush table 10
`,
  };
}
