import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleLines } from "../support/example.ts";
import { FRONT_ENDS } from "../support/front-end.ts";
import { fetchFtp, startFtp } from "../support/lab-ftp.ts";
import { openWiredWorld, type WiredMap, type WiredWorld } from "../support/wired-world.ts";

const MONITOR = "198.51.100.20";
const FTP = "192.0.2.10";

/**
 * The document's host (`router`): management on eth0, with a static route to the monitoring network, and the FTP dropbox on eth1
 * with the default route. The monitoring host is behind both.
 */
const MAP: WiredMap<"router" | "management" | "internet"> = {
  wires: [
    ["router", "eth0", "management", "eth0"],
    ["router", "eth1", "internet", "eth0"],
  ],
  hosts: {
    router: {
      setup: [
        "addr add 10.0.0.10/24 dev eth0",
        `addr add ${FTP}/24 dev eth1`,
        "route add default via 192.0.2.1",
        "route add 198.51.100.0/24 via 10.0.0.1",
      ],
      serves: ["10.0.0.10", FTP],
    },
    management: { setup: ["addr add 10.0.0.1/24 dev eth0", `addr add ${MONITOR}/32 dev lo`] },
    internet: { setup: ["addr add 192.0.2.1/24 dev eth0", `addr add ${MONITOR}/32 dev lo`, "addr add 203.0.113.10/32 dev lo"] },
  },
};

/** The document's firewall: on eth1 FTP only, and what belongs to it as the connection tracking helper says. */
const FIREWALL = {
  iptables: `
iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp
iptables -A INPUT -i eth1 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -i eth1 -p tcp --dport 21 -j ACCEPT
iptables -A INPUT -i eth1 -j DROP
`,
  nftables: `nft -f - <<'END'
table ip firewall {
  ct helper ftp { type "ftp" protocol tcp; }
  chain help { type filter hook prerouting priority 0; policy accept; tcp dport 21 ct helper set "ftp"; }
  chain input { type filter hook input priority 0; policy accept;
    iifname "eth1" ct state established,related accept
    iifname "eth1" tcp dport 21 accept
    iifname "eth1" drop
  }
}
END`,
} as const;

describe.each(FRONT_ENDS)("example 004 (%s)", (frontEnd) => {
  let world: WiredWorld<keyof typeof MAP.hosts>;
  const fetch = (mode: "active" | "passive", source = MONITOR) =>
    fetchFtp(world.world, { netns: "internet" }, `ftp://${FTP}/name`, mode, source);
  const reached = (from: "management" | "internet", to: string, port: number) =>
    world.probe(from, { to, port, source: MONITOR, timeout: 500 });
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, MAP);
    await world.sh("router", `for name in eth0 eth1; do echo 1 > /proc/sys/net/ipv4/conf/$name/rp_filter; done`);
    await startFtp(world.world, { netns: "router" }, "dropbox");
    // The document's problem: the monitoring host cannot watch the dropbox.
    expect((await fetch("passive")).exitCode).not.toBe(0);
    await world.apply(exampleLines("004-ftp-on-its-own-line"));
  }, 60_000);
  afterAll(() => world?.stop());

  test("the monitoring host reaches ping, FTP control and data on eth1, the management address on eth0", async () => {
    expect((await world.exec("internet", ["ping", "-c", "1", "-W", "2", "-I", MONITOR, FTP])).exitCode).toBe(0);
    for (const mode of ["active", "passive"] as const)
      expect(await fetch(mode), mode).toMatchObject({ exitCode: 0, stdout: `dropbox ${MONITOR}\n` });
    expect(await reached("management", "10.0.0.10", 22)).toMatchObject({ by: "router" });
    expect(await world.probe("management", { to: "10.0.0.10", port: 22 })).toMatchObject({ by: "router" });
  });

  test("the firewall's helper keeps its work: data connections are let in as related, and nothing else is", async () => {
    await world.sh("router", FIREWALL[frontEnd === "nftables" ? "nftables" : "iptables"]);
    for (const source of [MONITOR, "203.0.113.10"])
      for (const mode of ["active", "passive"] as const)
        expect(await fetch(mode, source), mode).toMatchObject({ exitCode: 0, stdout: `dropbox ${source}\n` });
    expect(await reached("internet", FTP, 22)).toEqual({ error: "timeout" });
  });

  test("the names of the document: table 100 is eth1_table, mark 1 is slot 1; strictness and its mark on eth1 alone", async () => {
    expect(await world.sh("router", "ip route show table 100")).toMatch(
      /^default via 192\.0\.2\.1 dev eth1 proto 157 src 192\.0\.2\.10/m,
    );
    expect(await world.sh("router", "cat /run/pr/root/etc/iproute2/rt_tables.d/policy-route.conf")).toMatch(/^100\teth1_table$/m);
    expect(await world.sh("router", "ip rule")).toContain("fwmark 0x100000/0xff00000 lookup 100");
    const marks = await world.sh(
      "router",
      "cd /proc/sys/net/ipv4/conf; grep . all/src_valid_mark eth0/src_valid_mark eth1/src_valid_mark",
    );
    expect(marks).toBe("all/src_valid_mark:0\neth0/src_valid_mark:0\neth1/src_valid_mark:1\n");
  });
});
