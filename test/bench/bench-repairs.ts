import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FrontEnd } from "../support/front-end.ts";
import { inside, type Row } from "./bench-namespaces.ts";
import { median, type Result } from "./measure.ts";

const ROUNDS = 5;

/** What somebody else removes, and how its return is seen. */
interface Damage {
  readonly what: string;
  readonly do: () => void;
  readonly repaired: () => boolean;
  /** Milliseconds that the issue promises. */
  readonly limit: number;
}

/** From what somebody else does to our state to its repair by the running monitor; `rest` gives it time between two of them. */
export function benchRepairs(row: Row, frontEnd: FrontEnd, root: string, rest: () => void): Result[] {
  return damages(row, frontEnd, root).map(({ what, limit, repaired, ...damage }): Result => {
    const took = Array.from({ length: ROUNDS }, () => {
      rest();
      const start = performance.now();
      damage.do();
      while (!repaired() && performance.now() - start < 40_000);
      return performance.now() - start;
    });
    const worst = Math.max(...took);
    return {
      what: `${what}: repaired, worst of ${ROUNDS}, in units of ${limit} ms`,
      ratio: worst / limit,
      limit: { most: 1 },
      from: `median ${median(took).toFixed(0)} ms, worst ${worst.toFixed(0)} ms`,
    };
  });
}

function damages(row: Row, frontEnd: FrontEnd, root: string): Damage[] {
  const router = (...argv: string[]): string => inside(row.router, argv);
  const rules = router("ip", "rule").split("\n").length;
  const names = join(root, "etc/iproute2/rt_tables.d/policy-route.conf");
  const sysctl = "/proc/sys/net/ipv4/conf/eth1/ignore_routes_with_linkdown";
  return [
    {
      what: "ip rules flushed",
      do: () => {
        router("ip", "rule", "flush");
        router("ip", "rule", "add", "pref", "32766", "lookup", "main");
        router("ip", "rule", "add", "pref", "32767", "lookup", "default");
      },
      repaired: () => router("ip", "rule").split("\n").length >= rules,
      limit: 1000,
    },
    chainEmptied(frontEnd, router),
    {
      what: "a sysctl changed",
      do: () => router("sh", "-c", 'echo 0 > "$0"', sysctl),
      repaired: () => router("cat", sysctl).trim() === "1",
      limit: 1000,
    },
    {
      what: "names of tables removed",
      do: () => rmSync(names),
      repaired: () => isThere(names),
      limit: 1000,
    },
  ];
}

/** The kernel tells nobody of changes by iptables-legacy: the monitor looks every second. */
function chainEmptied(frontEnd: FrontEnd, router: (...argv: string[]) => string): Damage {
  const chain = "POLICY_ROUTE_PRE";
  const what = "a chain of ours emptied";
  if (frontEnd === "nftables") {
    const words = ["chain", "ip", "policy_route", chain];
    return {
      what,
      do: () => router("nft", "flush", ...words),
      repaired: () => router("nft", "list", ...words).includes("jump"),
      limit: 1000,
    };
  }
  const tool = frontEnd === "iptables-legacy" ? "iptables-legacy" : "iptables-nft";
  return {
    what,
    do: () => router(tool, "-t", "mangle", "-F", chain),
    repaired: () => router(tool, "-t", "mangle", "-S", chain).includes("-j "),
    limit: frontEnd === "iptables-legacy" ? 1500 : 1000,
  };
}

function isThere(file: string): boolean {
  try {
    return readFileSync(file, "utf8") !== "";
  } catch {
    return false;
  }
}
