import type { Script } from "./script.ts";

/** [table, chain] of the engine. */
const CHAINS = [
  ["nat", "DOCKER"],
  ["filter", "DOCKER"],
  ["filter", "DOCKER-USER"],
  ["filter", "DOCKER-ISOLATION-STAGE-1"],
  ["filter", "DOCKER-ISOLATION-STAGE-2"],
] as const;

/** Its rules in built-in chains, with how it puts each in. */
const HOOKS = [
  ["-A", "nat", "PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"],
  ["-A", "nat", "OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"],
  ["-I", "nat", "POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"],
  ["-I", "filter", "FORWARD -i docker0 -o docker0 -j ACCEPT"],
  ["-I", "filter", "FORWARD -i docker0 ! -o docker0 -j ACCEPT"],
  ["-I", "filter", "FORWARD -o docker0 -j DOCKER"],
  ["-I", "filter", "FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"],
  ["-I", "filter", "FORWARD -j DOCKER-ISOLATION-STAGE-1"],
  ["-I", "filter", "FORWARD -j DOCKER-USER"],
] as const;

const OUT = HOOKS.map(([, table, rule]) => `iptables -t ${table} -D ${rule} 2>/dev/null || true`).join("\n");

/**
 * A container engine's chains, bridge and published ports, with the container box. It forwards already, so the engine leaves
 * FORWARD's policy alone. The engine's process has no part in the packets: killed, everything stays.
 */
export function containerEngine(): Script {
  const start = `
${OUT}
if ! ip link show docker0 >/dev/null 2>&1; then
  # An address of its own, as the engine gives it: it would change with the first port, and neighbours would ask again.
  ip link add docker0 address 02:42:ac:11:00:01 type bridge
  ip addr add 172.17.0.1/16 dev docker0
  ip link set docker0 up
  ip link add box0 type veth peer name eth0 netns box
  ip link set box0 master docker0 up
  ip -n box addr add 172.17.0.2/16 dev eth0
  ip -n box link set eth0 up
  ip -n box route add default via 172.17.0.1
fi
${CHAINS.map(([table, chain]) => `iptables -t ${table} -N ${chain} 2>/dev/null || iptables -t ${table} -F ${chain}`).join("\n")}
iptables -t nat -A DOCKER -i docker0 -j RETURN
for port in 80 8080; do
  iptables -t nat -A DOCKER ! -i docker0 -p tcp --dport $port -j DNAT --to-destination 172.17.0.2:$port
  iptables -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp --dport $port -j ACCEPT
  iptables -t nat -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp --dport $port -j MASQUERADE 2>/dev/null
done
iptables -A DOCKER-USER -j RETURN
iptables -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
iptables -A DOCKER-ISOLATION-STAGE-1 -j RETURN
iptables -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
iptables -A DOCKER-ISOLATION-STAGE-2 -j RETURN
${HOOKS.map(([verb, table, rule]) => `iptables -t ${table} ${verb} ${rule}`).join("\n")}
`;
  return {
    start,
    // As with live-restore: the containers live on.
    restart: start,
    kill: "true",
    stop: `
${OUT}
${CHAINS.map(([table, chain]) => `iptables -t ${table} -F ${chain}`).join("\n")}
${CHAINS.map(([table, chain]) => `iptables -t ${table} -X ${chain}`).join("\n")}
for port in 80 8080; do
  while iptables -t nat -D POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp --dport $port -j MASQUERADE 2>/dev/null; do :; done
done
ip link del docker0
ip link del box0
`,
  };
}
