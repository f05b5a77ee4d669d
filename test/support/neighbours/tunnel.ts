/**
 * A tunnel to the host vpn: a tun device whose packets socat carries in UDP, marked as the neighbour marks its own. It stands
 * where this kernel has no WireGuard device, and for tailscaled's tun device. Nothing is encrypted.
 */
export interface Tunnel {
  readonly device: string;
  readonly address: string;
  readonly port: number;
  readonly fwmark: number;
}

const SO_MARK = 36;

/** Shell: starts the router's end and waits for the device; its process id is in a file. */
export function openTunnel({ device, address, port, fwmark }: Tunnel): string {
  return `
socat TUN:${address},tun-name=${device},iff-no-pi,up UDP4-DATAGRAM:198.18.0.2:${port},bind=:${port},setsockopt-int=1:${SO_MARK}:${fwmark} </dev/null >/dev/null 2>&1 &
echo $! > /run/pr/${device}.pid
for i in $(seq 100); do if ip link show ${device} up 2>/dev/null | grep -q LOWER_UP; then break; fi; sleep 0.02; done
ip link show ${device} >/dev/null
`;
}

/** Shell: kills the process, and the device goes with it. */
export function closeTunnel({ device }: Tunnel): string {
  return `
kill -9 $(cat /run/pr/${device}.pid) 2>/dev/null || true
for i in $(seq 100); do if ! ip link show ${device} >/dev/null 2>&1; then break; fi; sleep 0.02; done
`;
}

/** Shell for the host vpn: its end of the tunnel, with the way back to the LAN. */
export function farEnd({ device, port }: Tunnel, address: string): string {
  return `
socat TUN:${address},tun-name=${device},iff-no-pi,up UDP4-DATAGRAM:192.0.2.2:${port},bind=:${port} </dev/null >/dev/null 2>&1 &
for i in $(seq 100); do if ip link show ${device} up 2>/dev/null | grep -q LOWER_UP; then break; fi; sleep 0.02; done
ip route add 192.168.188.0/24 dev ${device}
ip route add 10.50.0.0/24 dev ${device}
`;
}
