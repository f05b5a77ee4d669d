import { describe, expect, it } from "vitest";
import { readLeaseFiles } from "../../../src/host/lease-files.ts";
import { memoryHost } from "./memory-host.ts";

const lease = (name: string, gateway: string) =>
  `lease { interface "${name}"; fixed-address 198.51.100.7; option routers ${gateway}; expire never; }\n`;
const variables = (gateway: string) =>
  `Fri Nov 20\nreason='BOUND'\ninterface='eth1'\nnew_ip_address='198.51.100.7'\nnew_routers='${gateway}'\n`;

/** Reads files given with the time they were written at. */
async function read(root: string, written: Readonly<Record<string, readonly [at: number, text: string]>>) {
  const files = Object.fromEntries(Object.entries(written).map(([path, [, text]]) => [path, text]));
  const order = ["/run/dhclient", "/run", "/var/lib/dhcp", "/var/lib/dhcp3"].flatMap((folder) =>
    Object.keys(written)
      .filter(
        (path) => path.slice(0, path.lastIndexOf("/")) === `${root}${folder}` && /lease/.test(path) && !/\.conf|v6/.test(path),
      )
      .sort(),
  );
  const stat = order.map((path) => `${written[path]?.[0]} ${path}\n`).join("");
  const { host, ran } = memoryHost(files, { [`stat --format=%Y %n -- ${order.join(" ")}`]: stat });
  const reports = await readLeaseFiles(host, root);
  return { gateways: Object.fromEntries(reports.map((report) => [report.interface, [report.at, ...report.gateways]])), ran };
}

describe("readLeaseFiles", () => {
  it("finds nothing, and starts nothing, where there is nothing", async () => {
    expect(await read("", { "/var/lib/dhcp/dhcpd.conf": [1, ""] })).toEqual({ gateways: {}, ran: [] });
  });

  it.each([
    "/var/lib/dhcp/dhclient.eth1.leases",
    "/var/lib/dhcp/dhclient.leases",
    "/var/lib/dhcp/dhclient_eth1.leases",
    "/var/lib/dhcp3/dhclient_eth1.leases",
    "/run/dhclient/dhclient_eth1.leases",
    "/run/dhclient_eth1.leases",
  ])("reads %s, below --root too", async (path) => {
    for (const root of ["", "/some/root"]) {
      const { gateways } = await read(root, { [`${root}${path}`]: [7, lease("eth1", "198.51.100.1")] });
      expect(gateways).toEqual({ eth1: [7, "198.51.100.1"] });
    }
  });

  it.each(["/var/lib/dhcp3/dhclient_eth1_lease", "/run/dhclient_eth1_lease", "/run/dhclient/dhclient_eth1.lease"])(
    "reads the router's own %s",
    async (path) => {
      expect((await read("", { [path]: [7, variables("198.51.100.1")] })).gateways).toEqual({ eth1: [7, "198.51.100.1"] });
    },
  );

  it("takes the file written last, whatever the order of folders", async () => {
    const older = lease("eth1", "198.51.100.1") + lease("eth2", "203.0.113.1");
    const newer = lease("eth1", "198.51.100.2");
    const paths = ["/run/dhclient/dhclient_eth1.leases", "/var/lib/dhcp/dhclient.leases"] as const;
    const expected = { eth1: [20, "198.51.100.2"], eth2: [10, "203.0.113.1"] };
    expect((await read("", { [paths[0]]: [10, older], [paths[1]]: [20, newer] })).gateways).toEqual(expected);
    expect((await read("", { [paths[1]]: [10, older], [paths[0]]: [20, newer] })).gateways).toEqual(expected);
  });

  it("prefers the lease file to the router's variables, which lack option 121", async () => {
    const { gateways } = await read("", {
      "/run/dhclient/dhclient_eth1.lease": [20, variables("198.51.100.9")],
      "/run/dhclient/dhclient_eth1.leases": [10, lease("eth1", "198.51.100.1")],
    });
    expect(gateways).toEqual({ eth1: [10, "198.51.100.1"] });
  });
});
