import { canonicalAddress } from "../net/address.ts";
import type { Link, LinkAddress } from "./facts.ts";

interface AddrInfoJson {
  family?: string;
  local?: string;
  address?: string;
  prefixlen?: number;
  scope?: string;
  deprecated?: boolean;
  tentative?: boolean;
  temporary?: boolean;
}

interface LinkJson {
  ifindex?: number;
  ifname?: string;
  flags?: string[];
  master?: string;
  linkinfo?: { info_slave_kind?: string };
  addr_info?: AddrInfoJson[];
}

/** Interfaces and addresses out of `ip -d -j addr show`, with or without `-N` (iproute2 6.1). A peer prints as `address`, the own address as `local`. */
export function parseLinks(json: readonly unknown[]): Link[] {
  return (json as readonly LinkJson[]).flatMap((entry): Link[] => {
    if (entry.ifname === undefined) return [];
    const flags = entry.flags ?? [];
    return [
      {
        name: entry.ifname,
        index: entry.ifindex ?? 0,
        up: flags.includes("UP"),
        carrier: flags.includes("LOWER_UP") && !flags.includes("NO-CARRIER"),
        pointToPoint: flags.includes("POINTOPOINT"),
        loopback: flags.includes("LOOPBACK"),
        ...(entry.linkinfo?.info_slave_kind === "vrf" && entry.master !== undefined ? { vrf: entry.master } : {}),
        addresses: (entry.addr_info ?? []).flatMap(parseAddress),
      },
    ];
  });
}

/** By name, and by number (rtnetlink.h) as `ip -N` prints them. */
const SCOPES: Readonly<Record<string, LinkAddress["scope"]>> = {
  global: "global",
  "0": "global",
  site: "site",
  "200": "site",
  link: "link",
  "253": "link",
  host: "host",
  "254": "host",
};
const FLAGS = ["deprecated", "tentative", "temporary"] as const;

function parseAddress(info: AddrInfoJson): LinkAddress[] {
  const address = canonicalAddress(info.local ?? "");
  if (address === undefined || info.prefixlen === undefined) return [];
  const peer = info.address === undefined ? undefined : canonicalAddress(info.address);
  return [
    {
      family: info.family === "inet6" ? "ipv6" : "ipv4",
      address,
      length: info.prefixlen,
      ...(peer === undefined ? {} : { peer }),
      scope: SCOPES[info.scope ?? ""] ?? "global",
      flags: FLAGS.filter((flag) => info[flag] === true),
    },
  ];
}
