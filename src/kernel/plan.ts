import { FAMILIES, type Family } from "../net/address.ts";
import type { Fwmark } from "../net/fwmark.ts";
import { formatFwmark } from "../net/fwmark.ts";
import { renderIpRule, renderRoute, routeKey } from "./iproute.ts";
import { renderIpSet } from "./ipset.ts";
import { isOwnValue, type KernelObjects, type Observed, type SysctlOrigin } from "./kernel-objects.ts";
import { SPARE_SET } from "./ownership.ts";
import { planNft } from "./plan-nft.ts";
import { planTables } from "./plan-tables.ts";

/** One thing to do. Every step is safe to die after: what is left is the old state, the new one, or the old one with unused additions. */
export type Step =
  | {
      readonly do: "run";
      readonly why: string;
      readonly argv: readonly string[];
      readonly stdin?: string;
      readonly tolerate?: readonly number[];
    }
  | { readonly do: "write"; readonly why: string; readonly path: string; readonly text: string }
  | { readonly do: "sysctl"; readonly why: string; readonly key: string; readonly value: string }
  | { readonly do: "remove"; readonly why: string; readonly path: string };

export type Plan = readonly Step[];

/** Connections that have to be forgotten, since the way they took is not there any more. */
export interface Forgetting {
  readonly family: Family;
  readonly mark: Fwmark;
  /** Only those whose source was translated (IPS_SRC_NAT). */
  readonly translated: boolean;
  /** `member web dsl is not used any more` */
  readonly why: string;
}

export interface PlanOptions {
  /** File that remembers what sysctls were before us. */
  readonly originsPath: string;
  /** Marks whose connections remember an owner that has them no more; forgotten once no chain gives them to that owner. */
  readonly staleMarks: readonly Fwmark[];
  /** To be forgotten once packets go the new way: sooner, they would come back on the old one. */
  readonly forget?: readonly Forgetting[];
  /** The bits that connections keep when nothing of ours is left; taken out of all of them. */
  readonly abandonedMask?: number;
  /** Texts that files have until those connections are deleted, so that a run that dies before that is made up for. */
  readonly interimFiles: ReadonlyMap<string, string>;
}

/**
 * The steps from what is there to what should be. Empty exactly when nothing of ours differs. Order: add what nothing uses
 * yet (sets, sysctls, names, routes, ip rules), switch the marks, remove what nothing uses any more.
 */
export function plan(target: KernelObjects, observed: Observed, options: PlanOptions): Plan {
  const rulesAndRoutes = FAMILIES.map((family) => planRouting(target, observed, family));
  const sysctls = planSysctls(target, observed, options.originsPath);
  const sets = planSets(target, observed);
  const files = planFiles(target, observed, options);
  return [
    ...sets.add,
    ...sysctls.set,
    ...files.write,
    ...rulesAndRoutes.flatMap((steps) => steps.add),
    ...planSwitch(target, observed),
    // While the rules for them are there: without, such a connection would go on by main.
    ...options.staleMarks.flatMap((mark) => onConnections("forget connections of a mark's former owner", "-D", mark)),
    ...clearMarks(options.abandonedMask),
    ...rulesAndRoutes.flatMap((steps) => steps.remove),
    ...sets.remove,
    ...sysctls.restore,
    ...files.remove,
    ...files.settle,
    ...(options.forget ?? []).map(forgetStep),
  ];
}

/**
 * What gives packets their marks changes over. From one backend to the other both are live for a moment, the new one first:
 * they give the same marks, and what one has marked the other leaves as it is.
 */
function planSwitch(target: KernelObjects, observed: KernelObjects): Step[] {
  const iptables = FAMILIES.flatMap((family) => planTables(target, observed, family));
  const nft = planNft(target, observed);
  return target.nft.length > 0 ? [...nft, ...iptables] : [...iptables, ...nft];
}

/** `-U -m value/mask` changes these bits only (conntrack-tools 1.4.7). */
function clearMarks(mask: number | undefined): Step[] {
  return mask === undefined ? [] : onConnections("take our mark out of connections", "-U", { value: 0, mask });
}

function planRouting(target: KernelObjects, observed: KernelObjects, family: Family): { add: Step[]; remove: Step[] } {
  const wantedRoutes = new Map(target.routes.filter((route) => route.family === family).map((route) => [routeKey(route), route]));
  const presentRoutes = new Map(
    observed.routes.filter((route) => route.family === family).map((route) => [routeKey(route), route]),
  );
  const wantedRules = new Set(target.ipRules.filter((rule) => rule.family === family).map(renderIpRule));
  const presentRules = observed.ipRules.filter((rule) => rule.family === family).map(renderIpRule);
  const adds: string[] = [];
  const removes: string[] = [];
  for (const [key, route] of wantedRoutes) {
    const present = presentRoutes.get(key);
    // `add` refuses to take the place of a route that is not ours; `replace` is atomic where the old one is ours.
    if (present === undefined) adds.push(`route add ${renderRoute(route)}`);
    else if (renderRoute(present) !== renderRoute(route)) adds.push(`route replace ${renderRoute(route)}`);
  }
  const counted = new Map<string, number>();
  for (const rule of presentRules) counted.set(rule, (counted.get(rule) ?? 0) + 1);
  for (const rule of wantedRules) if (!counted.has(rule)) adds.push(`rule add ${rule}`);
  for (const [rule, count] of counted) {
    for (let surplus = wantedRules.has(rule) ? count - 1 : count; surplus > 0; surplus--) removes.push(`rule del ${rule}`);
  }
  for (const [key, route] of presentRoutes) if (!wantedRoutes.has(key)) removes.push(`route del ${renderRoute(route)}`);
  return { add: batch(adds, family, "add routes and ip rules"), remove: batch(removes, family, "remove ip rules and routes") };
}

/** One `ip -batch -`: it stops at the first bad line and keeps the lines before it, so a batch only adds or only removes. */
function batch(lines: readonly string[], family: Family, why: string): Step[] {
  if (lines.length === 0) return [];
  return [
    {
      do: "run",
      why: `${why} (${family})`,
      argv: ["ip", family === "ipv4" ? "-4" : "-6", "-batch", "-"],
      stdin: `${lines.join("\n")}\n`,
    },
  ];
}

function planSets(target: KernelObjects, observed: KernelObjects): { add: Step[]; remove: Step[] } {
  const wanted = new Map(target.sets.map((set) => [set.name, renderIpSet(set)]));
  const present = new Map(observed.sets.map((set) => [set.name, renderIpSet(set)]));
  const add: string[] = [];
  const edited: string[] = [];
  for (const [name, text] of wanted) {
    const there = present.get(name);
    if (there === undefined) add.push(text);
    // Somebody edited a set of ours: fill a second one and swap them in one kernel operation.
    else if (there !== text) edited.push(text.replaceAll(name, SPARE_SET), `swap ${name} ${SPARE_SET}`, `destroy ${SPARE_SET}`);
  }
  if (edited.length > 0 && present.delete(SPARE_SET)) edited.unshift(`destroy ${SPARE_SET}`);
  const stale = [...present.keys()].filter((name) => !wanted.has(name));
  return {
    add: restoreSets([...add, ...edited], "create sets"),
    remove: restoreSets(
      stale.map((name) => `destroy ${name}`),
      "destroy sets",
    ),
  };
}

function restoreSets(lines: readonly string[], why: string): Step[] {
  return lines.length === 0 ? [] : [{ do: "run", why, argv: ["ipset", "restore"], stdin: `${lines.join("\n")}\n` }];
}

function planSysctls(target: KernelObjects, observed: Observed, originsPath: string): { set: Step[]; restore: Step[] } {
  const origins = new Map<string, SysctlOrigin>(observed.origins);
  const set: Step[] = [];
  const restore: Step[] = [];
  for (const [key, value] of target.sysctls) {
    const found = observed.sysctls.get(key);
    if (found === undefined || found === value) continue;
    const origin = origins.get(key);
    // Somebody else has written it since (a firewall's commit): that is now what he wants without us.
    const isOurs = origin !== undefined && isOwnValue(origin, found);
    origins.set(key, isOurs ? { found: origin.found, set: value, was: found } : { found, set: value });
    set.push({ do: "sysctl", why: `set ${key}`, key, value });
  }
  const during = renderOrigins(origins);
  for (const [key, origin] of observed.origins) {
    const wanted = target.sysctls.get(key);
    if (wanted !== undefined && wanted !== origin.found) continue;
    origins.delete(key);
    if (wanted === undefined && isOwnValue(origin, observed.sysctls.get(key) ?? ""))
      restore.push({ do: "sysctl", why: `put ${key} back`, key, value: origin.found });
  }
  // The new value is written by now: what stays does not tell of the way here.
  for (const [key, { found, set: value }] of origins) origins.set(key, { found, set: value });
  const after = renderOrigins(origins);
  if (during !== renderOrigins(observed.origins))
    set.unshift({ do: "write", why: "remember sysctls as found", path: originsPath, text: during });
  if (after !== during) {
    restore.push(
      origins.size === 0
        ? { do: "remove", why: "forget sysctls", path: originsPath }
        : { do: "write", why: "forget sysctls put back", path: originsPath, text: after },
    );
  }
  return { set, restore };
}

function renderOrigins(origins: ReadonlyMap<string, SysctlOrigin>): string {
  return `${JSON.stringify(Object.fromEntries([...origins].sort(([a], [b]) => (a < b ? -1 : 1))), null, 1)}\n`;
}

function planFiles(
  target: KernelObjects,
  observed: KernelObjects,
  { interimFiles }: PlanOptions,
): Record<"write" | "remove" | "settle", Step[]> {
  const step = (path: string, text: string): Step => ({ do: "write", why: "names for iproute2", path, text });
  const write: Step[] = [];
  const settle: Step[] = [];
  for (const [path, text] of target.files) {
    const interim = interimFiles.get(path);
    if (observed.files.get(path) !== (interim ?? text)) write.push(step(path, interim ?? text));
    if (interim !== undefined) settle.push(step(path, text));
  }
  const remove = [...observed.files.keys()].filter((path) => !target.files.has(path));
  return { write, settle, remove: remove.map((path) => ({ do: "remove", why: "names for iproute2", path })) };
}

function forgetStep({ family, mark, translated, why }: Forgetting): Step {
  const argv = ["conntrack", "-D", "-f", family, "-m", formatFwmark(mark), ...(translated ? ["-n"] : [])];
  return { do: "run", why: `forget connections: ${why} (${family})`, argv, tolerate: [1, 127] };
}

/**
 * conntrack(8) 1.4 ends with 1 when no connection is concerned: that is no failure. 127: not installed, which is said elsewhere.
 * Without a family older ones take IPv4 only, and the kernel refuses updates.
 */
function onConnections(why: string, verb: "-D" | "-U", mark: Fwmark): Step[] {
  return FAMILIES.map((family) => ({
    do: "run",
    why: `${why} (${family})`,
    argv: ["conntrack", verb, "-f", family, "-m", formatFwmark(mark)],
    tolerate: [1, 127],
  }));
}
