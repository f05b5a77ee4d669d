import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { exampleLines } from "../support/example.ts";
import { FRONT_ENDS } from "../support/front-end.ts";
import type { Answer } from "../support/lab-agent.ts";
import { INTERNET, STRANGER } from "../support/lab-map.ts";
import { openWiredWorld, type WiredMap, type WiredWorld } from "../support/wired-world.ts";

const MAC = "52:54:00:c2:a5:43";
const FAMILIES = ["ipv4", "ipv6"] as const;
/** In both families: the last number of a host's address. */
const addresses = (host: number): string[] => [
  `addr add 10.0.0.${host}/24 dev eth0`,
  `addr add 2001:db8::${host}/64 dev eth0 nodad`,
];
const defaults = (host: number): string[] => [`route add default via 10.0.0.${host}`, `route add default via 2001:db8::${host}`];

function gateway(host: number, ...more: readonly string[]) {
  const own = [INTERNET.ipv4, STRANGER.ipv4, STRANGER.ipv6].map((one) => `addr add ${one} dev lo`);
  return { setup: [...more, ...addresses(host), ...own], serves: [INTERNET.ipv4] };
}

/** One network with everything in it: the server (`router`), both routers, a neighbour, and a second server behind the first. */
const MAP: WiredMap<"router" | "switch" | "router1" | "router2" | "neighbour" | "behind"> = {
  wires: [
    ["router", "eth0", "switch", "port0"],
    ["router1", "eth0", "switch", "port1"],
    ["router2", "eth0", "switch", "port2"],
    ["neighbour", "eth0", "switch", "port3"],
    ["behind", "eth0", "switch", "port4"],
  ],
  hosts: {
    switch: {
      setup: ["link add br0 type bridge", ...[0, 1, 2, 3, 4].map((port) => `link set port${port} master br0`), "link set br0 up"],
    },
    router: { setup: [...addresses(9), ...defaults(1)], serves: ["10.0.0.9", "2001:db8::9"] },
    router1: gateway(1),
    router2: gateway(2, `link set eth0 address ${MAC}`),
    neighbour: { setup: ["addr add 10.0.0.30/24 dev eth0", "route add default via 10.0.0.1"] },
    behind: { setup: [...addresses(20), ...defaults(9)], serves: ["10.0.0.20", "2001:db8::20"] },
  },
};

const SERVER = { ipv4: "10.0.0.9", ipv6: "2001:db8::9" } as const;
const DOCUMENT = exampleLines("002-second-router-under-test");
/** The same wish without a rule, and for IPv6 too: every port, and told by the gateway's address alone. */
const TRACKED = ["interface eth0", "gateway 10.0.0.2", "gateway6 2001:db8::2", `gateway-mac ${MAC}`].map(
  (word) => `uplink router2 ${word}`,
);

describe.each(FRONT_ENDS)("example 002 (%s)", (frontEnd) => {
  let world: WiredWorld<keyof typeof MAP.hosts>;
  beforeAll(async () => {
    world = await openWiredWorld(frontEnd, MAP);
    await world.sh("router", "echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter");
    expect(await call("router1", 80)).toMatchObject({ by: "router" });
    // The document's fault: answered to the wrong router.
    expect(await call("router2", 80)).toEqual({ error: "timeout" });
  }, 60_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.apply(DOCUMENT));

  const call = (from: "router1" | "router2", port: number, family: (typeof FAMILIES)[number] = "ipv4") =>
    world.probe(from, { to: SERVER[family], port, source: STRANGER[family], timeout: 500 });

  test("port 80 through router 2 is answered through router 2, while router 1 stays the default", async () => {
    expect(await call("router2", 80)).toMatchObject({ by: "router", source: STRANGER.ipv4 });
    expect(await call("router1", 80)).toMatchObject({ by: "router" });
    expect(await call("router1", 443)).toMatchObject({ by: "router" });
    // Only port 80 was asked for.
    expect(await call("router2", 443)).toEqual({ error: "timeout" });
    for (const source of [undefined, "10.0.0.9"])
      expect(
        await world.probe("router", { to: INTERNET.ipv4, port: 80, ...(source === undefined ? {} : { source }) }),
      ).toMatchObject({
        by: "router1",
      });
    expect(await world.probe("neighbour", { to: "10.0.0.9", port: 80 })).toMatchObject({ by: "router", source: "10.0.0.30" });
    expect(await world.probe("router2", { to: "10.0.0.9", port: 80 })).toMatchObject({ by: "router", source: "10.0.0.2" });
  });

  test("by the gateway's MAC address alone: every port, port forwards and long connections too", async () => {
    await world.apply(TRACKED);
    await world.sh(
      "router",
      `iptables -t nat -A PREROUTING -d 10.0.0.9 -p tcp --dport 9000 -j DNAT --to 10.0.0.20
       ip6tables -t nat -A PREROUTING -d 2001:db8::9 -p tcp --dport 9000 -j DNAT --to 2001:db8::20`,
    );
    for (const name of ["router1", "router2"] as const) {
      for (const family of FAMILIES) {
        expect(await call(name, 80, family), `${name} ${family}`).toMatchObject({ by: "router" });
        expect(await call(name, 9000, family), `${name} ${family}`).toMatchObject({ by: "behind", source: STRANGER[family] });
      }
      const agent = world.agent(name);
      await agent.ask("open", { id: "long", address: "10.0.0.9", port: 9000, source: STRANGER.ipv4 });
      for (let i = 0; i < 20; i++)
        expect(await agent.ask<Answer>("say", { id: "long" }), `${name} ${i}`).toMatchObject({ by: "behind" });
      await agent.ask("close", { id: "long" });
    }
    // The server's own address says nothing about the router: it stays with the default.
    expect(await world.probe("router", { to: INTERNET.ipv4, port: 80, source: "10.0.0.9" })).toMatchObject({ by: "router1" });
    await world.sh("router", "iptables -t nat -F PREROUTING; ip6tables -t nat -F PREROUTING");
  });
});
