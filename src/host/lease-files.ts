import type { GatewayReport } from "../uplink/facts.ts";
import { parseLeaseFile } from "../uplink/lease-file.ts";
import { parseLeaseVariables } from "../uplink/lease-variables.ts";
import type { Host } from "./host.ts";

/**
 * Where dhclient keeps leases: Debian and VyOS 1.2-1.3 (/var/lib/dhcp), Vyatta Core 6 (/var/lib/dhcp3), VyOS 1.4 and later
 * (/run/dhclient), EdgeOS (/run).
 */
const FOLDERS = ["/run/dhclient", "/run", "/var/lib/dhcp", "/var/lib/dhcp3"];

/** `dhclient.leases`, `dhclient.eth1.leases`, `dhclient_eth0_7.leases` (VyOS puts `_` for the dot of a VLAN). */
const LEASES = /^dhclient([._-][\w.-]+)?\.leases$/;

/** `dhclient_eth1_lease` (Vyatta, EdgeOS), `dhclient_eth1.lease` (VyOS): shell variables, written by the router's own hook. */
const VARIABLES = /^dhclient_[\w.-]+[._]lease$/;

/**
 * Reads every dhclient lease file below `root` ("" on a real machine): one report per interface, from the file written last.
 * The routers' own variable files count only for interfaces without a lease file: option 121 is not in them.
 */
export async function readLeaseFiles(host: Host, root: string): Promise<readonly GatewayReport[]> {
  const found: string[] = [];
  for (const folder of FOLDERS) {
    const names = await host.list(`${root}${folder}`);
    found.push(...names.filter((name) => LEASES.test(name) || VARIABLES.test(name)).map((name) => `${root}${folder}/${name}`));
  }
  const newest = new Map<string, GatewayReport>();
  for (const { file, at } of await oldestFirst(host, found)) {
    const text = (await host.read(file)) ?? "";
    for (const report of reportsOf(file, text, at)) newest.set(report.interface, report);
  }
  return [...newest.values()];
}

function reportsOf(file: string, text: string, at: number): readonly GatewayReport[] {
  if (LEASES.test(nameOf(file))) return parseLeaseFile(text, at);
  const report = parseLeaseVariables(text, at);
  return report === undefined ? [] : [report];
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

/** Variable files first, since what comes later counts; among each kind by time, which stat(1) tells for all in one go. */
async function oldestFirst(host: Host, files: readonly string[]): Promise<readonly { file: string; at: number }[]> {
  if (files.length === 0) return [];
  // A file that is gone by now gets no line; the others do.
  const { stdout } = await host.run(["stat", "--format=%Y %n", "--", ...files]);
  const known = stdout.split("\n").flatMap((line) => {
    const match = /^(\d+) (.+)$/.exec(line);
    return match?.[2] === undefined ? [] : [{ file: match[2], at: Number(match[1]) }];
  });
  const rank = (file: string) => (LEASES.test(nameOf(file)) ? 1 : 0);
  return known.sort((a, b) => rank(a.file) - rank(b.file) || a.at - b.at);
}
