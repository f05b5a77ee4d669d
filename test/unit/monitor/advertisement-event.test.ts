import { expect, test } from "vitest";
import { advertisementEvent, Flood } from "../../../src/monitor/advertisement-event.ts";

test("only defaults of router advertisements count", () => {
  for (const line of [
    "default via fe80::1 dev eth1 proto ra metric 1024 expires 1798sec hoplimit 64 pref medium",
    "Deleted default via fe80::1 dev eth1 proto ra metric 1024 expires 0sec pref medium",
    "default proto ra metric 1024 expires 1798sec pref medium\\\tnexthop via fe80::1 dev eth1 weight 1 ",
  ])
    expect(advertisementEvent(line), line).toBe("prefix");
  for (const line of [
    "2001:db8::/64 dev eth1 proto ra metric 256 pref medium",
    "default via fe80::1 dev eth2 proto bgp metric 20 pref medium",
    "default via fe80::1 dev eth1 table 2001 proto 200 metric 1024 pref medium",
    "",
  ])
    expect(advertisementEvent(line), line).toBeUndefined();
});

test("more than 500 lines within a second are a flood, however long it takes otherwise", () => {
  const flood = new Flood();
  const steady = Array.from({ length: 5000 }, (_, i) => flood.rises(i * 3));
  expect(steady).not.toContain(true);
  const burst = Array.from({ length: 501 }, () => flood.rises(60_000));
  expect(burst.indexOf(true)).toBe(500);
});
