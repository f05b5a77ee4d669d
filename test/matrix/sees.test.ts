import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NEIGHBOURS } from "../support/neighbours/rows.ts";
import { BACKENDS } from "./backends.ts";
import type { Part } from "./promise.ts";
import { isWrong, PARTS } from "./promise.ts";
import { type Bench, runCell } from "./run-cell.ts";
import { openBench } from "./run-matrix.ts";

/** Ways to do harm, in shell, and the traffic that has to be seen suffering. */
const HARM: readonly (readonly [string, string, readonly Part[]])[] = [
  ["nothing", "true", []],
  [
    "a jump in front that nobody put back",
    "iptables -t mangle -I PREROUTING 1 -j ACCEPT",
    ["new", "established", "datagrams", "own"],
  ],
  ["the neighbour's jump flushed away", "iptables -t mangle -D PREROUTING -j WANLOADBALANCE_PRE", ["own"]],
  ["datagrams dropped", "iptables -I FORWARD -p udp -j DROP", ["datagrams"]],
  ["segments of old connections dropped", "iptables -I FORWARD -p tcp --dport 8443 -j DROP", ["established"]],
  ["new connections refused", "iptables -I FORWARD -p tcp --dport 443 -j REJECT", ["new"]],
  [
    "the neighbour's traffic on our line",
    "iptables -t mangle -I PREROUTING 1 -i eth0 -p tcp --dport 80 -j MARK --set-mark 0x100000/0xff00000; iptables -t mangle -I PREROUTING 2 -i eth0 -p tcp --dport 80 -j ACCEPT",
    ["own"],
  ],
];

const UNDO = "iptables -F FORWARD; while iptables -t mangle -D PREROUTING 1; do :; done";

describe("what the matrix sees", () => {
  let bench: Bench | undefined;
  beforeAll(async () => {
    const row = NEIGHBOURS.find(({ name }) => name === "WAN load balancing, 1.2 and 1.3");
    const backend = BACKENDS.find(({ name }) => name === "iptables-legacy");
    if (row === undefined || backend === undefined) throw new Error("the matrix has no such row or column");
    // Nobody is to undo the harm.
    bench = await openBench(row, { ...backend, guard: "nothing" });
  });
  afterAll(() => bench?.router.stop());

  test.each(HARM)("%s", async (name, script, parts) => {
    const cell = await runCell(bench as Bench, {
      name,
      before: ["neighbour", "ours"],
      alone: false,
      async happen({ router }) {
        await router.sh("router", script);
        return undefined;
      },
    });
    await bench?.router.exec("router", ["sh", "-c", UNDO]);
    expect(PARTS.filter((part) => isWrong(cell, part))).toEqual(parts);
  });
});
