import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleLines } from "../support/example.ts";
import { FRONT_ENDS } from "../support/front-end.ts";
import { type InstalledRouter, installRouter } from "../support/installed-router.ts";
import { type Agent, type Answer, startAgent } from "../support/lab-agent.ts";
import { labFile } from "../support/lab-file.ts";
import { INTERNET, STRANGER } from "../support/lab-map.ts";
import { makePppLine, type PppLine } from "../support/lab-ppp.ts";
import { until } from "../support/lab-wait.ts";
import type { RunningMonitor } from "../support/monitor.ts";
import { EVERYWHERE } from "../support/provider.ts";
import { openWiredWorld, type WiredMap, type WiredWorld } from "../support/wired-world.ts";

const NAME = "003-user-by-its-own-dsl-line";

/** The document's machine (`router`), its LAN, and the far ends of both sessions. The Ethernet below PPPoE is left out. */
const MAP: WiredMap<"router" | "lan" | "bras0" | "bras1"> = {
  wires: [["router", "eth2", "lan", "eth0"]],
  hosts: {
    router: { setup: ["addr add 10.0.0.1/24 dev eth2"], serves: ["0.0.0.0"] },
    lan: { setup: ["addr add 10.0.0.10/24 dev eth0"], serves: ["10.0.0.10"] },
    bras0: { setup: EVERYWHERE, serves: [INTERNET.ipv4] },
    bras1: { setup: EVERYWHERE, serves: [INTERNET.ipv4] },
  },
};

/** One provider, one gateway: the same address at the far end of both. */
const PEER = "198.51.100.1";
const MLDONKEY = 108;
const P2P = 4662;

/** Where the document sends its address with ssh: this one keeps what it is sent. */
const SSH = `#!/bin/sh\necho "$* $(cat)" >> /tmp/sent\n`;

describe.each(FRONT_ENDS)("example 003 (%s)", (frontEnd) => {
  let world: WiredWorld<keyof typeof MAP.hosts>;
  let router: InstalledRouter;
  let monitor: RunningMonitor | undefined;
  let mldonkey: Agent;
  let ppp0: PppLine;
  let ppp1: PppLine;
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, MAP);
    router = await installRouter(world);
    await router.sh(`echo mldonkey:x:${MLDONKEY}:${MLDONKEY}::/var/lib/mldonkey:/bin/false >> /etc/passwd`);
    await router.write("/config/scripts/save-ip.sh", readFileSync(labFile(`examples/${NAME}/save-ip.sh`), "utf8"), "755");
    await router.write("/usr/bin/ssh", SSH, "755");
    // What the document has to switch off.
    await router.sh("echo 1 > /proc/sys/net/ipv4/conf/default/rp_filter; echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter");
    mldonkey = await startAgent(world.world, { netns: "router" }, "mldonkey", ["0.0.0.0"], [P2P], MLDONKEY);
    ppp0 = makePppLine(world.world, router, "ppp0", "bras0");
    ppp1 = makePppLine(world.world, router, "ppp1", "bras1");
    await ppp0.dial({ local: "198.51.100.10", peer: PEER, defaultRoute: true });
    await ppp1.dial({ local: "198.51.100.20", peer: PEER });
    // "The ppp1 is useless, though."
    expect(await user(80)).toMatchObject({ by: "bras0", source: "198.51.100.10" });
    expect((await call("bras1", "198.51.100.20", P2P)).error).toBe("timeout");
    await router.commit(exampleLines(NAME).map((line) => `set policy-route ${line}`));
    monitor = await router.startMonitor();
  }, 60_000);
  afterAll(() => world?.stop());

  const user = (port: number, address: string = INTERNET.ipv4) => mldonkey.ask<Answer>("tcp", { address, port, timeout: 500 });
  const root = (port: number) => world.probe("router", { to: INTERNET.ipv4, port });
  const call = (from: "bras0" | "bras1", to: string, port: number) =>
    world.probe(from, { to, port, source: STRANGER.ipv4, timeout: 500 });
  const told = async (file: string) => (await router.exec(["cat", file])).stdout.split("\n").filter(Boolean);
  const follows = (source: string) =>
    until(`mldonkey to leave from ${source}`, async () => (await user(80)).source === source, {
      every: 10,
      last: async () => `${await router.sh("policy-route show; ip rule")}${monitor?.said()}`,
    });

  test("everything of mldonkey by ppp1 with its address, everything else by ppp0, with strict filtering on both", async () => {
    for (const port of [80, 443, 9000]) {
      expect(await user(port)).toMatchObject({ by: "bras1", source: "198.51.100.20" });
      expect(await root(port)).toMatchObject({ by: "bras0", source: "198.51.100.10" });
    }
    const udp = await mldonkey.ask<Answer>("udp", { address: INTERNET.ipv4, port: 5000 });
    expect(udp).toMatchObject({ by: "bras1", source: "198.51.100.20" });
    // His GUI on the LAN stays there.
    expect(await user(8080, "10.0.0.10")).toMatchObject({ by: "lan", source: "10.0.0.1" });
    expect(await world.probe("lan", { to: "10.0.0.1", port: P2P })).toMatchObject({ by: "mldonkey" });
    expect(await router.sh("cat /proc/sys/net/ipv4/conf/ppp0/rp_filter /proc/sys/net/ipv4/conf/ppp1/rp_filter")).toBe("1\n1\n");
  });

  test("from outside both lines answer, whoever's server it is, and tables have the document's names", async () => {
    for (const [from, to] of [
      ["bras0", "198.51.100.10"],
      ["bras1", "198.51.100.20"],
    ] as const) {
      expect(await call(from, to, 22), from).toMatchObject({ by: "router", source: STRANGER.ipv4 });
      expect(await call(from, to, 80), from).toMatchObject({ by: "router" });
      expect(await call(from, to, P2P), from).toMatchObject({ by: "mldonkey" });
    }
    expect(await router.sh("ip route show table PPP1")).toMatch(/^default via 198\.51\.100\.1 dev ppp1 .*onlink/m);
    expect(await router.sh("ip route show table PPP0")).toMatch(/^default via 198\.51\.100\.1 dev ppp0 .*onlink/m);
  });

  test("ppp1 hangs up and redials with another address: followed at once, nothing by ppp0 meanwhile, and the script is told", async () => {
    const leaks = await world.capture("bras0", "ppp0", `udp port 5000 or tcp port ${P2P}`);
    const streams = [
      { id: "many", fresh: true },
      { id: "one", fresh: false },
    ];
    for (const one of streams) await mldonkey.ask("send", { ...one, address: INTERNET.ipv4, port: 5000, rate: 100 });
    const received = async (id: string) => world.agent("bras1").ask<{ numbers: number[]; sources: string[] }>("received", { id });
    const refused = async () => (await mldonkey.ask<{ refused: number }>("sent", { id: "many" })).refused;
    for (const { id } of streams) await until("mldonkey by ppp1", async () => (await received(id)).numbers.length > 30);

    await ppp1.hangUp();
    const before = await refused();
    // The program is told at once, by the kernel: nothing waits for a timeout.
    await until("100 refusals", async () => (await refused()) > before + 100);
    expect((await user(80)).error).toBe("EACCES");
    expect(await root(80)).toMatchObject({ by: "bras0" });

    await ppp1.dial({ local: "198.51.100.21", peer: PEER });
    await follows("198.51.100.21");
    for (const { id } of streams)
      await until(`stream ${id} from the new address`, async () => (await received(id)).sources.includes("198.51.100.21"));
    for (const { id } of streams) await mldonkey.ask("stopSending", { id });
    expect(await leaks.stop()).toEqual([]);

    expect(await call("bras1", "198.51.100.21", P2P)).toMatchObject({ by: "mldonkey" });
    const rules = await router.sh("ip rule");
    expect(rules).toContain("from 198.51.100.21 lookup PPP1");
    expect(rules).not.toContain("198.51.100.20");
    const log = await until("the script", async () => {
      const lines = await told("/var/log/check_ppp1");
      return lines.some((line) => line.endsWith("198.51.100.21")) && lines;
    });
    expect(log.map((line) => line.slice("2000-01-01 00:00:00 ".length))).toEqual([
      expect.stringMatching(/^uplink-down/),
      "uplink-up 198.51.100.21",
    ]);
    expect(await told("/tmp/sent")).toEqual([]);
  });

  test("pppd of ppp0 is killed and nobody is told: the monitor sees it; the new address is sent to the server", async () => {
    await ppp0.kill();
    await until("the script", async () => (await told("/var/log/check_ppp0")).some((line) => line.includes("uplink-down")));
    expect(await user(80)).toMatchObject({ by: "bras1", source: "198.51.100.21" });
    await ppp0.dial({ local: "198.51.100.11", peer: PEER, defaultRoute: true });
    const [sent] = await until("the server to know", async () => {
      const lines = await told("/tmp/sent");
      return lines.length > 0 && lines;
    });
    expect(sent).toBe("-o BatchMode=yes -o ConnectTimeout=5 me@server.example cat > ~/html/server/current_ip 198.51.100.11");
    expect(await root(80)).toMatchObject({ by: "bras0", source: "198.51.100.11" });
    expect(await call("bras0", "198.51.100.11", 22)).toMatchObject({ by: "router" });
  });

  test("without the monitor the hooks of pppd are enough", async () => {
    expect(await monitor?.stop()).toBe(0);
    await ppp1.hangUp();
    expect((await user(80)).error).toBe("EACCES");
    await ppp1.dial({ local: "198.51.100.22", peer: PEER });
    expect(await user(80)).toMatchObject({ by: "bras1", source: "198.51.100.22" });
    expect(await root(80)).toMatchObject({ by: "bras0" });
    await until("the script", async () => (await told("/var/log/check_ppp1")).some((line) => line.endsWith("198.51.100.22")));
  });
});
