import { expect, it } from "vitest";
import { parseForeignDefaults } from "../../../src/kernel/foreign-default.ts";

// As `ip -N -d -j route show table 20` of iproute2 6.1 printed them.
it("finds the defaults of others by which packets leave", () => {
  const json = [
    { type: "1", dst: "default", gateway: "203.0.113.99", dev: "eth2", protocol: "4", scope: "0", metric: 5, flags: [] },
    { type: "1", dst: "default", dev: "ppp0", protocol: "3", scope: "253", flags: [] },
    { type: "1", dst: "default", via: { family: "inet6", host: "fe80::1" }, dev: "eth2", protocol: "4", metric: 7, flags: [] },
    {
      type: "1",
      dst: "default",
      protocol: "4",
      metric: 20,
      flags: [],
      nexthops: [
        { gateway: "198.51.100.9", dev: "eth1", weight: 1, flags: [] },
        { gateway: "203.0.113.99", dev: "eth2", weight: 1, flags: [] },
      ],
    },
    { type: "9", dst: "default", protocol: "4", metric: 6, flags: [] },
    // Ours, one that refuses, one that is no default.
    { type: "1", dst: "default", gateway: "203.0.113.1", dev: "eth2", protocol: "157", flags: [] },
    { type: "6", dst: "default", protocol: "4", flags: [] },
    { type: "1", dst: "10.77.0.0/16", gateway: "192.168.188.9", dev: "eth0", protocol: "4", flags: [] },
  ];
  expect(parseForeignDefaults(json, "ipv4", 20)).toEqual([
    { family: "ipv4", table: 20, metric: 5, text: "default via 203.0.113.99 dev eth2 metric 5" },
    { family: "ipv4", table: 20, metric: 0, text: "default dev ppp0" },
    { family: "ipv4", table: 20, metric: 7, text: "default via fe80::1 dev eth2 metric 7" },
    {
      family: "ipv4",
      table: 20,
      metric: 20,
      text: "default nexthop via 198.51.100.9 dev eth1 nexthop via 203.0.113.99 dev eth2 metric 20",
    },
    { family: "ipv4", table: 20, metric: 6, text: "throw default metric 6" },
  ]);
});
