import { parseSlotMemory } from "../../src/compile/slot-memory.ts";
import type { Family } from "../../src/net/address.ts";
import type {
  CatchAll,
  Facts,
  GatewayReport,
  GatewaySource,
  Link,
  LinkAddress,
  NftFacts,
  Rival,
} from "../../src/uplink/facts.ts";
import type { Health } from "../../src/uplink/liveness.ts";

/**
 * Facts from lines a person can write:
 *   link eth0 up 192.168.1.1/24 2001:db8::1/64      (state: up, no-carrier, admin-down; `ptp` and `peer A` for point-to-point)
 *   gateway eth1 dhcp-hook 198.51.100.1 for 198.51.100.2
 *   rival wan-load-balancing WAN load balancing is configured
 *   no-nft nft is missing · no-labels · closed nat POSTROUTING · catch-all ipv4 599
 *   health dsl down 2 of 3 targets failed · forced dsl down · held web dsl 1800000100 (no time: until the operator says so)
 *   rp_filter eth1 1 · track-in ipv4 PREROUTING OUTPUT · no-ipset · set office hash:ip ipv4 · no-ipv6 · # slot 5 uplink dsl · table 50 office
 */
export function readFacts(text: string): Facts {
  const links: Link[] = [{ name: "lo", index: 1, up: true, carrier: true, pointToPoint: false, loopback: true, addresses: [] }];
  const gateways: GatewayReport[] = [];
  const rpFilter = new Map<string, number>([["all", 0]]);
  const tableNames = new Map<string, number>();
  const trackIn: Record<Family, readonly string[]> = { ipv4: [], ipv6: [] };
  const rivals: Rival[] = [];
  let nft: NftFacts = { works: true, labels: true };
  const catchAlls: CatchAll[] = [];
  let labels = true;
  const closed: string[] = [];
  let ipset = true;
  const setNames: string[] = [];
  const health = new Map<string, Health>();
  const held = new Map<string, Map<string, number | undefined>>();
  const forced = new Map<string, "up" | "down">();
  let families: Family[] = ["ipv4", "ipv6"];
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [kind = "", a = "", b = "", c = ""] = words;
    if (kind === "link") links.push(readLink(links.length + 1, words));
    else if (kind === "gateway") {
      const address = words[4] === "for" ? words[5] : undefined;
      const family = c.includes(":") ? "ipv6" : "ipv4";
      gateways.push({
        interface: a,
        family,
        gateways: c.split(","),
        source: b as GatewaySource,
        ...(address === undefined ? {} : { address }),
      });
    } else if (kind === "rp_filter") rpFilter.set(a, Number(b));
    else if (kind === "track-in") trackIn[a as Family] = words.slice(2);
    else if (kind === "table") tableNames.set(b, Number(a));
    else if (kind === "rival") rivals.push({ kind: a as Rival["kind"], seen: words.slice(2).join(" ") });
    else if (kind === "no-nft") nft = { works: false, why: words.slice(1).join(" ") };
    else if (kind === "no-labels") {
      nft = { works: true, labels: false };
      labels = false;
    } else if (kind === "closed") closed.push(`${a} ${b}`);
    else if (kind === "catch-all") catchAlls.push({ family: a as Family, preference: Number(b) });
    else if (kind === "no-ipset") ipset = false;
    else if (kind === "set") setNames.push(a);
    else if (kind === "health") health.set(a, { verdict: b as Health["verdict"], reason: words.slice(3).join(" "), since: 0 });
    else if (kind === "forced") forced.set(a, b as "up" | "down");
    else if (kind === "held") held.set(a, new Map([...(held.get(a) ?? []), [b, c === "" ? undefined : Number(c)]]));
    else if (kind === "no-ipv6") families = ["ipv4"];
    else if (kind !== "" && !kind.startsWith("#")) throw new Error(`facts: unknown line: ${line}`);
  }
  return {
    now: 1_800_000_000,
    families,
    links,
    gateways,
    slots: parseSlotMemory(text),
    tableNames,
    rpFilter,
    trackIn,
    nft,
    iptables: { labels, closed },
    catchAlls,
    rivals,
    markUses: [],
    ipset,
    setNames,
    liveness: { health, held, flaps: new Map() },
    forced,
    problems: [],
  };
}

function readLink(index: number, [, name = "", state = "", ...rest]: readonly string[]): Link {
  const addresses: LinkAddress[] = [];
  for (let i = 0; i < rest.length; i++) {
    const [address = "", length = ""] = (rest[i] ?? "").split("/");
    if (length === "") continue;
    const peer = rest[i + 1] === "peer" ? rest[i + 2] : undefined;
    addresses.push({
      family: address.includes(":") ? "ipv6" : "ipv4",
      address,
      length: Number(length),
      ...(peer === undefined ? {} : { peer }),
      scope: address.startsWith("fe80:") ? "link" : "global",
      flags: [],
    });
  }
  return {
    name,
    index,
    up: state !== "admin-down",
    carrier: state === "up",
    pointToPoint: rest.includes("ptp"),
    loopback: false,
    addresses,
  };
}
