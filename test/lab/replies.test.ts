import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { fetchFtp, startFtp } from "../support/lab-ftp.ts";
import { STRANGER } from "../support/lab-map.ts";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import { CALLED, INTERNET, LINES, PROVIDERS, type Provider, REPLIES } from "../support/replies-map.ts";
import { openWiredWorld, type WiredWorld } from "../support/wired-world.ts";

type World = WiredWorld<keyof typeof REPLIES.hosts>;

/** Reverse path filtering as a firewall sets it on every line and the LAN. */
const STRICT = "for name in eth0 eth1 eth2 eth5; do echo 1 > /proc/sys/net/ipv4/conf/$name/rp_filter; done";

/** Port forwards of somebody else's, to the LAN's host, to one behind it, and FTP with the helper that reads its commands. */
const FORWARDS = {
  iptables: `
iptables -t nat -A PREROUTING -i eth0 -j RETURN; ip6tables -t nat -A PREROUTING -i eth0 -j RETURN
for port in 9000 8080 5000 21; do iptables -t nat -A PREROUTING -p tcp --dport $port -m addrtype --dst-type LOCAL -j DNAT --to 192.168.188.10; done
for port in 9000 21; do ip6tables -t nat -A PREROUTING -p tcp --dport $port -m addrtype --dst-type LOCAL -j DNAT --to 2001:db8:a::10; done
iptables -t nat -A PREROUTING -p tcp --dport 9100 -m addrtype --dst-type LOCAL -j DNAT --to 10.50.0.10:9000
for program in iptables ip6tables; do
  $program -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp
done
`,
  nftables: `nft -f - <<'END'
table ip theirs {
  ct helper ftp { type "ftp" protocol tcp; }
  chain nat { type nat hook prerouting priority -100; policy accept;
    iifname "eth0" return
    fib daddr type local tcp dport { 9000, 8080, 5000, 21 } dnat to 192.168.188.10
    fib daddr type local tcp dport 9100 dnat to 10.50.0.10:9000; }
  chain help { type filter hook prerouting priority 0; policy accept; tcp dport 21 ct helper set "ftp"; }
}
table ip6 theirs {
  ct helper ftp { type "ftp" protocol tcp; }
  chain nat { type nat hook prerouting priority -100; policy accept;
    iifname "eth0" return
    fib daddr type local tcp dport { 9000, 21 } dnat to 2001:db8:a::10; }
  chain help { type filter hook prerouting priority 0; policy accept; tcp dport 21 ct helper set "ftp"; }
}
END`,
} as const;

describe.each(FRONT_ENDS)("replies (%s)", (frontEnd) => {
  let world: World;
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, REPLIES);
    await world.sh("router", `${STRICT}\n${FORWARDS[frontEnd === "nftables" ? "nftables" : "iptables"]}`);
    await Promise.all([startFtp(world.world, { netns: "lan" }, "lan"), startFtp(world.world, { netns: "isp2" }, "isp2")]);
    // Without policy routing only main's own line is answered: what the rest of this file is about.
    for (const name of PROVIDERS) {
      const answer = await world.probe(name, { to: CALLED[name].ipv4, port: 8088, source: STRANGER.ipv4, timeout: 300 });
      expect(answer.by ?? answer.error, name).toBe(name === "isp1" ? "router" : "timeout");
    }
    await world.apply(LINES);
  }, 60_000);
  afterAll(() => world?.stop());

  const call = (from: Provider, port: number, family: "ipv4" | "ipv6" = "ipv4", protocol: "tcp" | "udp" = "tcp") =>
    world.probe(from, { to: CALLED[from][family], port, protocol, source: STRANGER[family] });

  test.each(PROVIDERS)("what comes in by %s is answered there: on the router, behind port forwards", async (name) => {
    for (const family of ["ipv4", "ipv6"] as const) {
      expect(await call(name, 8088, family), family).toMatchObject({ by: "router", source: STRANGER[family] });
      expect(await call(name, 9000, family), family).toMatchObject({ by: "lan", source: STRANGER[family] });
    }
    expect(await call(name, 9100)).toMatchObject({ by: "lan", source: STRANGER.ipv4 });
  });

  test.each(["active", "passive"] as const)(
    "%s FTP into the LAN: the data go and come by the line of the control connection",
    async (mode) => {
      for (const name of ["isp2", "x", "y"] as const) {
        const families = name === "isp2" ? (["ipv4", "ipv6"] as const) : (["ipv4"] as const);
        for (const family of families) {
          const host = family === "ipv4" ? CALLED[name].ipv4 : `[${CALLED[name].ipv6}]`;
          const fetched = await fetchFtp(world.world, { netns: name }, `ftp://${host}/name`, mode, STRANGER[family]);
          expect(fetched, `${name} ${family}`).toMatchObject({ exitCode: 0, stdout: `lan ${STRANGER[family]}\n` });
        }
      }
    },
  );

  test.each(["active", "passive"] as const)(
    "%s FTP out of the LAN by a rule for port 21: the data take its line",
    async (mode) => {
      await world.apply([
        ...LINES,
        "uplink isp2 source-nat masquerade",
        "rule 10 inbound-interface eth0",
        "rule 10 protocol tcp",
        "rule 10 destination port 21",
        "rule 10 set uplink isp2",
      ]);
      for (const family of ["ipv4", "ipv6"] as const) {
        const host = family === "ipv4" ? INTERNET.ipv4 : `[${INTERNET.ipv6}]`;
        const fetched = await fetchFtp(world.world, { netns: "lan" }, `ftp://${host}/name`, mode);
        expect(fetched, family).toMatchObject({ exitCode: 0, stdout: `isp2 ${CALLED.isp2[family]}\n` });
      }
      await world.apply(LINES);
    },
  );

  test("the router itself by IPv6: names and time by a rule, sessions into it through a commit, and an address that comes and goes", async () => {
    const lines = ["isp1", "isp2", "x"] as const;
    for (const name of lines)
      expect(
        await world.agent(name).ask("open", { id: "ssh", address: CALLED[name].ipv6, port: 8088, source: STRANGER.ipv6 }),
        name,
      ).toMatchObject({ by: "router" });
    const rule = ["traffic local", "protocol udp", "destination port 53,123", "set uplink isp2"];
    await world.apply([...LINES, ...rule.map((word) => `rule 10 ${word}`)]);
    for (const name of lines) {
      for (let i = 0; i < 2; i++) expect(await world.agent(name).ask("say", { id: "ssh" }), name).toMatchObject({ by: "router" });
      await world.agent(name).ask("close", { id: "ssh" });
    }
    const own = (port: number, source?: string) =>
      world.probe("router", { to: INTERNET.ipv6, port, protocol: "udp", ...(source === undefined ? {} : { source }) });
    for (const port of [53, 123]) expect(await own(port)).toMatchObject({ by: "isp2", source: CALLED.isp2.ipv6 });
    expect(await own(5000)).toMatchObject({ by: "isp1", source: CALLED.isp1.ipv6 });
    await world.sh("router", "ip addr add 2001:db8:2::7/64 dev eth2 nodad");
    expect((await world.program(["restart"])).exitCode).toBe(0);
    expect(await own(5000, "2001:db8:2::7")).toMatchObject({ by: "isp2", source: "2001:db8:2::7" });
    await world.sh("router", "ip addr del 2001:db8:2::7/64 dev eth2");
    expect((await world.program(["restart"])).exitCode).toBe(0);
    expect(await world.sh("router", "ip -6 rule")).not.toContain("2001:db8:2::7");
    await world.apply(LINES);
  });

  /** A packet from `source` that claims to be of the LAN, sent by isp2; whether the LAN's host sees it. */
  async function spoofed(source: string): Promise<boolean> {
    const seen = await world.capture("lan", "eth0", `udp port 7 and src ${source}`);
    const last = await world.capture("lan", "eth0", "udp port 8");
    await world.sh(
      "isp2",
      `ip addr replace ${source}/32 dev lo; echo spoofed | socat - UDP4-SENDTO:192.168.188.10:7,bind=${source}; ip addr del ${source}/32 dev lo`,
    );
    // One that may pass, sent behind it: when it is there, the other would be.
    await world.sh("isp2", `echo honest | socat - UDP4-SENDTO:192.168.188.10:8,bind=${STRANGER.ipv4}`);
    await until("the honest packet", () => last.lines().length > 0);
    await last.stop();
    return (await seen.stop()).length > 0;
  }

  test("strict reverse path filtering still drops what claims to be of the LAN, connected or exempt", async () => {
    await world.apply([...LINES, "exempt destination 10.50.0.0/24"]);
    expect(await spoofed("192.168.188.77")).toBe(false);
    expect(await spoofed("10.50.0.77")).toBe(false);
    // Without the filter they get through: this test can fail.
    await world.apply([...LINES, "uplink isp2 source-validation disable"]);
    expect(await spoofed("192.168.188.77")).toBe(true);
    await world.apply(LINES);
  });

  test("traffic inbound: a rule decides who answers, the first that matches, whatever line it came in by", async () => {
    const inbound = (number: number, ...words: readonly string[]) =>
      ["traffic inbound", "protocol tcp", ...words].map((word) => `rule ${number} ${word}`);
    await world.apply([
      ...LINES,
      ...inbound(10, "destination port 8080", "inbound-interface eth1", "set reply-uplink isp2"),
      ...inbound(20, "destination port 5000", "action exempt"),
      ...inbound(30, "destination port 7000", "action drop"),
      ...inbound(40, "destination port 8000,9000", "set reply-uplink isp2"),
    ]);
    /** By whom the answer to a call left: their captures hold it. */
    const answeredBy = async (from: Provider, port: number): Promise<string[]> => {
      const captures = await Promise.all(
        (["isp1", "isp2"] as const).map(
          async (name) =>
            [name, await world.capture(name, "eth0", `tcp src port ${port} and tcp[tcpflags] & tcp-syn != 0`)] as const,
        ),
      );
      await world.probe(from, { to: CALLED[from].ipv4, port, source: STRANGER.ipv4, timeout: 400 });
      const seen: string[] = [];
      for (const [name, capture] of captures) if ((await capture.stop()).length > 0) seen.push(name);
      return seen;
    };
    expect(await answeredBy("isp1", 8080), "port forward, rule 10").toEqual(["isp2"]);
    expect(await answeredBy("isp1", 8000), "the router, rule 40").toEqual(["isp2"]);
    expect(await answeredBy("isp1", 8443), "no rule").toEqual(["isp1"]);
    expect(await answeredBy("isp2", 5000), "rule 20: left to main").toEqual(["isp1"]);
    expect(await answeredBy("isp2", 7000), "rule 30").toEqual([]);
    // What goes out is no inbound traffic, and the LAN is answered.
    expect(await world.probe("lan", { to: INTERNET.ipv4, port: 8000 })).toMatchObject({ by: "isp1" });
    expect(await world.probe("lan", { to: "192.168.188.1", port: 8000 })).toMatchObject({ by: "router" });
    await world.apply(LINES);
  });

  test("an address that two uplinks share belongs to the first, or to the one that names it", async () => {
    const table = async () => /from 100\.64\.5\.2 lookup (\S+)/.exec(await world.sh("router", "ip rule"))?.[1];
    const open = () => world.probe("router", { to: INTERNET.ipv4, port: 80, source: "100.64.5.2" });
    expect(await open()).toMatchObject({ by: "x" });
    await world.apply([...LINES, "uplink y source-address 100.64.5.2"]);
    expect(await open()).toMatchObject({ by: "y" });
    expect(await table()).not.toBe(undefined);
    expect(await call("x", 8088)).toMatchObject({ by: "router" });
    await world.apply(LINES);
  });

  test("who is told by his MAC address and not tracked is not taken for the other on his interface", async () => {
    const alone = LINES.filter((line) => !line.startsWith("uplink x gateway-mac"));
    await world.apply([...alone, "uplink y track-inbound disable"]);
    expect(await call("x", 9000)).toMatchObject({ by: "lan" });
    const byMain = await world.capture("isp1", "eth0", `tcp and src ${CALLED.y.ipv4} and src port 9000`);
    await call("y", 9000);
    await until("the answer by main", () => byMain.lines().length > 0);
    await byMain.stop();
    await world.apply(LINES);
  });

  test("a rule for a user alone: the right source from the start, also without a default in main; his server answers as before", async () => {
    const USER = 65534;
    await world.apply([
      ...LINES,
      "rule 10 traffic local",
      `rule 10 user ${USER}`,
      "rule 10 set uplink isp2",
      "uplink isp2 if-down prohibit",
    ]);
    const asUser = ["setpriv", "--reuid", `${USER}`, "--clear-groups", "socat", "-T", "2"];
    const open = (to: string) => world.exec("router", [...asUser, "-", `TCP:${to},connect-timeout=3`], { stdin: "?\n" });
    const isps = async (to: string) => JSON.parse((await open(to)).stdout.split("\n")[0] || "{}") as object;
    expect(await isps(`${INTERNET.ipv4}:80`)).toMatchObject({ by: "isp2", source: CALLED.isp2.ipv4 });
    expect(await isps(`[${INTERNET.ipv6}]:80`)).toMatchObject({ by: "isp2", source: CALLED.isp2.ipv6 });
    expect(await world.probe("router", { to: INTERNET.ipv4, port: 80 })).toMatchObject({ by: "isp1" });
    expect(await isps("192.168.188.10:80")).toMatchObject({ by: "lan", source: "192.168.188.1" });
    // Asked by a host whose network is not connected, and by a line that is its own business.
    const server = world.world.start({ netns: "router" }, [...asUser, "TCP-LISTEN:7777,reuseaddr,fork", "EXEC:echo user"]);
    await until(
      "the user's server",
      async () => (await world.probe("lan", { to: "192.168.188.1", port: 7777 })).banner === "user",
    );
    expect(await world.probe("lan", { to: "192.168.188.1", port: 7777, source: "10.50.0.10" })).toEqual({ banner: "user" });
    expect(await call("isp1", 7777)).toEqual({ banner: "user" });
    kill(server);
    await world.sh("router", "ip route del default");
    expect(await isps(`${INTERNET.ipv4}:80`)).toMatchObject({ by: "isp2", source: CALLED.isp2.ipv4 });
    // A kill switch tells the program at once.
    await world.sh("isp2", "ip link set eth0 down");
    await until("the refusal", async () => (await open(`${INTERNET.ipv4}:80`)).stderr.includes("Permission denied"));
    await world.sh("isp2", "ip link set eth0 up");
    await world.sh("router", "ip route add default via 192.0.2.1");
    await world.apply(LINES);
  });
});
