import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Family } from "../../../src/net/address.ts";
import { parseDefaultAnswers, renderDefaultQuery } from "../../../src/uplink/kernel-default.ts";
import { openWorld, type World } from "../../support/lab-world.ts";

let world: World;
const place = { netns: "router" };

const SETUP = `link add eth1 type veth peer name far1
link add eth2 type veth peer name far2
link add eth3 type veth peer name far3
link set eth1 up
link set far1 up
link set eth2 up
link set far2 up
link set eth3 up
link set far3 up
addr add 198.51.100.7/24 dev eth1
addr add 203.0.113.7/24 dev eth2
addr add 192.0.2.7/24 dev eth3
addr add 2001:db8::7/64 dev eth1 nodad
route add default via 203.0.113.1 dev eth2
route add default via 198.51.100.1 dev eth1 metric 500 proto dhcp
route add 0.0.0.0/1 via 192.0.2.1 dev eth3
route add 0.0.0.0/1 via 198.51.100.99 dev eth1 metric 20
`;
const SETUP6 = `route add default via fe80::1 dev eth1 proto ra metric 1024
route add default via fe80::2 dev eth2 metric 10
`;

beforeAll(async () => {
  world = await openWorld("router");
  await world.must(undefined, ["sh", "-euc", "mount -t tmpfs tmpfs /run; ip netns add router"]);
  await world.must(place, ["ip", "-batch", "-"], { stdin: SETUP });
  await world.must(place, ["ip", "-6", "-batch", "-"], { stdin: SETUP6 });
});

afterAll(() => world?.stop());

async function ask(family: Family, ...interfaces: string[]) {
  const argv = ["ip", ...(family === "ipv6" ? ["-6"] : []), "-N", "-j", "-force", "-batch", "-"];
  const { stdout } = await world.exec(place, argv, { stdin: renderDefaultQuery(family, interfaces) });
  return parseDefaultAnswers(stdout, family).map((report) => [report.interface, ...report.gateways]);
}

describe("the kernel's default routes, asked one by one", () => {
  it("finds the default of each interface, the losing one too, behind longer routes; goes on after one without", async () => {
    expect(await ask("ipv4", "eth1", "eth3", "missing", "eth2")).toEqual([
      ["eth1", "198.51.100.1"],
      ["eth2", "203.0.113.1"],
    ]);
  });

  it("IPv6: only what a router advertised", async () => {
    expect(await ask("ipv6", "eth1", "eth2", "eth3")).toEqual([["eth1", "fe80::1"]]);
  });
});
