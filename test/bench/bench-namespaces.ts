import { spawnSync } from "node:child_process";

/** Runs a command to its end; throws with its error output when it fails. Returns standard output. */
export function must(argv: readonly string[], stdin?: string): string {
  const result = spawnSync(argv[0] ?? "", argv.slice(1), {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    ...(stdin === undefined ? {} : { input: stdin }),
  });
  if (result.status !== 0) throw new Error(`${argv.join(" ")} ended with ${result.status ?? result.signal}: ${result.stderr}`);
  return result.stdout;
}

/** Three network namespaces in a row: a sender, the router under test and a sink behind its uplink. */
export interface Row {
  readonly sender: string;
  readonly router: string;
  readonly sink: string;
  /** MAC of the router's LAN interface, for frames made by hand. */
  readonly routerMac: string;
}

/** Makes them; `removeRow` takes them away. The sink's address is given by hand, so that nobody has to answer. */
export function makeRow(): Row {
  const name = (role: string): string => `prb${process.pid}-${role}`;
  const row = { sender: name("sender"), router: name("router"), sink: name("sink") };
  for (const namespace of Object.values(row)) must(["ip", "netns", "add", namespace]);
  must(["ip", "link", "add", "x0", "netns", row.sender, "type", "veth", "peer", "name", "eth0", "netns", row.router]);
  must(["ip", "link", "add", "eth1", "netns", row.router, "type", "veth", "peer", "name", "y0", "netns", row.sink]);
  inside(row.sender, ["sh", "-c", "ip link set lo up; ip link set x0 up"]);
  inside(row.sink, ["sh", "-c", "ip link set lo up; ip link set y0 up"]);
  inside(row.router, [
    "sh",
    "-ec",
    `ip link set lo up; ip addr add 10.1.0.1/24 dev eth0; ip addr add 198.51.100.2/24 dev eth1; ip link set eth0 up; ip link set eth1 up
     ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev eth1 nud permanent
     echo 1 > /proc/sys/net/ipv4/ip_forward`,
  ]);
  const [link] = JSON.parse(must(["ip", "-n", row.router, "-j", "link", "show", "eth0"])) as { address: string }[];
  return { ...row, routerMac: link?.address ?? "" };
}

export function removeRow(row: Row): void {
  for (const namespace of [row.sender, row.router, row.sink]) spawnSync("ip", ["netns", "del", namespace]);
}

export function inside(namespace: string, argv: readonly string[], stdin?: string): string {
  return must(["ip", "netns", "exec", namespace, ...argv], stdin);
}

/** Packets that came in by the sink's interface so far. */
export function received(row: Row): number {
  const [link] = JSON.parse(must(["ip", "-n", row.sink, "-s", "-j", "link", "show", "y0"])) as {
    stats64: { rx: { packets: number } };
  }[];
  return link?.stats64.rx.packets ?? 0;
}
