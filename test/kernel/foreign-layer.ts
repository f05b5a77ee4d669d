/**
 * What others put on a router before us, close to what is ours: chains and rules where our jumps go, ip rules at our
 * preferences and with marks, routes in tables that become ours, sets, sysctls, names.
 */
export const FOREIGN_LAYER = `
for tables in iptables ip6tables; do
  $tables-restore <<'END'
*raw
:FOREIGN_RAW - [0:0]
-A PREROUTING -j FOREIGN_RAW
COMMIT
*mangle
:FOREIGN - [0:0]
:POLICY - [0:0]
-A PREROUTING -m comment --comment "policy-route is not ours to name" -j FOREIGN
-A OUTPUT -j POLICY
-A POSTROUTING -m mark --mark 0x7 -j MARK --set-xmark 0x1/0xff
-A FOREIGN -p tcp -m tcp --dport 22 -j MARK --set-xmark 0x1/0xff
-A FOREIGN -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff
COMMIT
*nat
:FOREIGN_NAT - [0:0]
-A POSTROUTING -o eth1 -j FOREIGN_NAT
-A FOREIGN_NAT -j MASQUERADE
COMMIT
*filter
:FOREIGN_FILTER - [0:0]
-A FORWARD -j FOREIGN_FILTER
COMMIT
END
done
ip rule add pref 600 fwmark 0x1/0xff lookup 100
ip rule add pref 600 fwmark 0x2/0xff lookup 100 protocol static
ip rule add pref 650 from 10.99.0.0/16 lookup 100
ip rule add pref 700 from 10.98.0.1 lookup 100
ip rule add pref 1000 iif eth0 to 10.97.0.0/16 lookup 100
ip -6 rule add pref 600 fwmark 0x1/0xff lookup 100
ip route add default via 203.0.113.77 table 100
for table in 20 2001 2002; do
  ip route add 10.77.0.0/16 via 192.168.188.9 table $table proto static
  ip route add unreachable 10.79.0.0/16 table $table
  ip -6 route add 2001:db8:7777::/48 via 2001:db8:a::9 table $table proto static
done
ipset create foreign hash:net; ipset add foreign 10.1.0.0/16; ipset create policy_routes bitmap:port range 0-100
sysctl -q net.ipv4.conf.eth2.rp_filter=1 net.ipv4.conf.eth3.ignore_routes_with_linkdown=1 net.ipv4.conf.eth3.log_martians=1
mkdir -p /run/pr/root/etc/iproute2/rt_tables.d
echo '4711 elsewhere' > /run/pr/root/etc/iproute2/rt_tables.d/foreign.conf
`;
