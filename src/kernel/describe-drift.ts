import { FAMILIES, type Family } from "../net/address.ts";
import { renderIpRule, renderRoute, routeKey } from "./iproute.ts";
import { renderIpSet } from "./ipset.ts";
import type { Jump, KernelObjects, Observed } from "./kernel-objects.ts";
import type { Route } from "./kernel-state.ts";
import { sameElements } from "./nft-elements.ts";
import { isOurChain, NFT_TABLE } from "./ownership.ts";
import { NFT_FAMILY } from "./plan-nft.ts";
import { sameLines } from "./same-lines.ts";

/** Something of ours that is not as it should be. */
export interface Drift {
  /** What happened, in words: `jump PREROUTING -> POLICY_ROUTE_PRE was behind WANLOADBALANCE_PRE`. */
  readonly text: string;
  /** Who is in front of a jump of ours: the chain he calls, or his rule. */
  readonly culprit?: string;
}

/**
 * What somebody else did to what is ours: one sentence each, and one for all where nothing is left of them. Empty when
 * `observed` holds exactly `target`.
 */
export function describeDrift(target: KernelObjects, observed: Observed): readonly Drift[] {
  return [
    ...chains(target, observed),
    ...jumps(target, observed),
    ...nftTables(target, observed),
    ...ipRules(target, observed),
    ...routes(target, observed),
    ...sets(target, observed),
    ...[...target.sysctls].flatMap(([key, value]) => {
      const found = observed.sysctls.get(key);
      return found === undefined || found === value ? [] : [{ text: `sysctl ${key.replaceAll("/", ".")} was ${found}` }];
    }),
    ...[...target.files].flatMap(([path, text]) => {
      const found = observed.files.get(path);
      return found === text ? [] : [{ text: `file ${path} was ${found === undefined ? "removed" : "changed"}` }];
    }),
  ];
}

function chains(target: KernelObjects, observed: KernelObjects): Drift[] {
  const tables = new Map<string, { readonly wanted: typeof target.chains; readonly present: typeof target.chains }>();
  for (const { family, table } of [...target.chains, ...observed.chains]) {
    const of = (all: typeof target.chains) => all.filter((chain) => chain.family === family && chain.table === table);
    const where = `${table} (${family})`;
    if (!tables.has(where)) tables.set(where, { wanted: of(target.chains), present: of(observed.chains) });
  }
  return [...tables].flatMap(([where, { wanted, present }]) => {
    if (wanted.length > 0 && present.length === 0) return [{ text: `all our chains in ${where} were removed` }];
    const there = new Map(present.map((chain) => [chain.name, chain]));
    const asked = new Set(wanted.map((chain) => chain.name));
    const emptied = wanted.filter((chain) => chain.lines.length > 0 && there.get(chain.name)?.lines.length === 0);
    if (emptied.length > 1 && emptied.length === wanted.filter((chain) => chain.lines.length > 0).length)
      return [{ text: `all our chains in ${where} were emptied` }];
    return [
      ...wanted
        .filter((chain) => !sameLines(there.get(chain.name)?.lines, chain.lines))
        .map((chain) => ({ text: `chain ${chain.name} in ${where} was ${there.has(chain.name) ? "changed" : "removed"}` })),
      ...present
        .filter((chain) => !asked.has(chain.name))
        .map((chain) => ({ text: `chain ${chain.name} in ${where} was added` })),
    ];
  });
}

function jumps(target: KernelObjects, observed: KernelObjects): Drift[] {
  const place = (jump: Jump): string => `${jump.family} ${jump.table} ${jump.chain} ${jump.target}`;
  const words = (jump: Jump): string => `jump ${jump.chain} -> ${jump.target}${jump.family === "ipv6" ? " (ipv6)" : ""}`;
  return target.jumps.flatMap((jump) => {
    const there = observed.jumps.filter((candidate) => place(candidate) === place(jump));
    const [first] = there;
    if (first === undefined) return [{ text: `${words(jump)} was removed` }];
    if (first.behind !== undefined) {
      const culprit = culpritOf(first.behind);
      return [{ text: `${words(jump)} was behind ${culprit}`, culprit }];
    }
    return there.length > 1 ? [{ text: `${words(jump)} was there ${there.length} times` }] : [];
  });
}

/** The chain that the rule in front calls, or the rule itself. `line` as iptables-save prints it. */
function culpritOf(line: string): string {
  const called = / -[jg] (\S+)/.exec(line)?.[1];
  const chain = called !== undefined && /^[A-Z]+$/.test(called) ? undefined : called;
  return chain !== undefined && !isOurChain(chain) ? chain : `"${line}"`;
}

function nftTables(target: KernelObjects, observed: KernelObjects): Drift[] {
  return target.nft.flatMap((wanted): Drift[] => {
    const name = `nft table ${NFT_FAMILY[wanted.family]} ${NFT_TABLE}`;
    const present = observed.nft.find((table) => table.family === wanted.family);
    if (present === undefined) return [{ text: `${name} was removed` }];
    if (present.strange) return [{ text: `${name} holds what is not ours` }];
    return [
      ...wanted.chains.flatMap((chain) => {
        const there = present.chains.find((other) => other.name === chain.name);
        if (there !== undefined && there.base === chain.base && sameLines(there.lines, chain.lines)) return [];
        return [{ text: `chain ${chain.name} of ${name} was ${there === undefined ? "removed" : "changed"}` }];
      }),
      ...wanted.sets.flatMap((set) => {
        const there = present.sets.find((other) => other.name === set.name);
        if (there !== undefined && sameElements(there, set)) return [];
        return [{ text: `set ${set.name} of ${name} was ${there === undefined ? "removed" : "changed"}` }];
      }),
      ...present.chains
        .filter((chain) => wanted.chains.every((other) => other.name !== chain.name))
        .map((chain) => ({ text: `chain ${chain.name} of ${name} was added` })),
    ];
  });
}

function ipRules(target: KernelObjects, observed: KernelObjects): Drift[] {
  return FAMILIES.flatMap((family) => {
    const of = (all: KernelObjects): string[] => all.ipRules.filter((rule) => rule.family === family).map(renderIpRule);
    return missingAndSurplus("ip rule", of(target), of(observed), family, (text) => text.replace(/^pref | protocol \d+$/g, ""));
  });
}

function routes(target: KernelObjects, observed: KernelObjects): Drift[] {
  const tables = [...new Set([...target.routes, ...observed.routes].map((route) => route.table))];
  return tables.flatMap((table) =>
    FAMILIES.flatMap((family) => {
      const of = (all: KernelObjects) => all.routes.filter((route) => route.family === family && route.table === table);
      const words = (route: Route): string => renderRoute(route).replace(/ table \d+ proto \d+/, "");
      const [wanted, present] = [of(target), of(observed)];
      const where = `table ${table} (${family})`;
      if (wanted.length > 1 && present.length === 0) return [{ text: `all our routes in ${where} were removed` }];
      const there = new Map(present.map((route) => [routeKey(route), route]));
      const asked = new Set(wanted.map(routeKey));
      return [
        ...wanted.flatMap((route) => {
          const found = there.get(routeKey(route));
          if (found === undefined) return [{ text: `route ${words(route)} in ${where} was removed` }];
          return words(found) === words(route) ? [] : [{ text: `route ${words(route)} in ${where} was ${words(found)}` }];
        }),
        ...present
          .filter((route) => !asked.has(routeKey(route)))
          .map((route) => ({ text: `route ${words(route)} in ${where} was added` })),
      ];
    }),
  );
}

function sets(target: KernelObjects, observed: KernelObjects): Drift[] {
  const present = new Map(observed.sets.map((set) => [set.name, renderIpSet(set)]));
  const wanted = new Map(target.sets.map((set) => [set.name, renderIpSet(set)]));
  return [
    ...[...wanted].flatMap(([name, text]) => {
      const found = present.get(name);
      return found === text ? [] : [{ text: `set ${name} was ${found === undefined ? "removed" : "changed"}` }];
    }),
    ...[...present.keys()].filter((name) => !wanted.has(name)).map((name) => ({ text: `set ${name} was added` })),
  ];
}

/** Of objects that are there or not: each one that is missing or too many, by its words. */
function missingAndSurplus(
  what: string,
  wanted: readonly string[],
  present: readonly string[],
  family: Family,
  words: (text: string) => string,
): Drift[] {
  const there = new Set(present);
  const asked = new Set(wanted);
  if (asked.size > 1 && there.size === 0) return [{ text: `all our ${what}s were removed (${family})` }];
  return [
    ...[...asked].filter((one) => !there.has(one)).map((one) => ({ text: `${what} ${words(one)} was removed (${family})` })),
    ...[...there].filter((one) => !asked.has(one)).map((one) => ({ text: `${what} ${words(one)} was added (${family})` })),
    ...[...there]
      .filter((one) => asked.has(one) && present.indexOf(one) !== present.lastIndexOf(one))
      .map((one) => ({ text: `${what} ${words(one)} was there more than once (${family})` })),
  ];
}
