import type { Family } from "../net/address.ts";
import { type FoundUplinks, tableId } from "./find-uplinks.ts";
import { assume, chainKey, type Decision, type Findings, type FoundRule, leave } from "./findings.ts";
import { type Steering, takesMark } from "./steer.ts";

export interface FoundInbound {
  /** Rules for connections that come in: by which uplink they are answered. */
  readonly inbound: Steering[];
  /** The decisions of PREROUTING that are about anything else. */
  readonly forwarded: readonly Decision[];
}

/**
 * Marks that a connection keeps (CONNMARK) and that its answers get back: set on what comes in by an uplink, or in INPUT. All that
 * comes in by an uplink's interface is `track-inbound`: its name is added to `tracked`.
 */
export function findInbound(
  findings: Findings,
  uplinks: FoundUplinks,
  family: Family,
  { prerouting, input }: { readonly prerouting: readonly Decision[]; readonly input: readonly Decision[] },
  rules: readonly FoundRule[],
  tracked: Set<string>,
): FoundInbound {
  const restored = ["OUTPUT", "PREROUTING"].filter((chain) => findings.restores.has(chainKey(family, chain)));
  const inbound: Steering[] = [];
  const uplinkOf = (mark: number): string | undefined => {
    const rule = mark === 0 ? undefined : rules.find((one) => one.mark !== undefined && takesMark(one, mark));
    const way = rule !== undefined && "table" in rule.does ? uplinks.ways.get(tableId(findings, rule.does.table)) : undefined;
    return way?.kind === "uplink" ? way.name : undefined;
  };
  const deviceOf = (name: string): string | undefined => uplinks.uplinks.get(name)?.leaves.get("interface");
  const take = (decision: Decision, name: string): void => {
    const { at, condition, connection: mark, description } = decision;
    const others = [...condition].filter(
      ([path, values]) => path !== "inbound-interface" && !(path === "state" && values.includes("new")),
    );
    if (condition.get("inbound-interface")?.join() === deviceOf(name) && others.length === 0) tracked.add(name);
    else
      inbound.push({ at, condition, way: { kind: "uplink", name }, mark, ...(description === undefined ? {} : { description }) });
  };
  const forwarded = prerouting.filter((decision) => {
    const name = uplinkOf(decision.connection);
    const isArrival = name !== undefined && decision.condition.get("inbound-interface")?.join() === deviceOf(name);
    if (!isArrival || restored.length === 0) return true;
    take(decision, name);
    return false;
  });
  for (const decision of input) {
    if (decision.mark === 0 && decision.connection === 0 && !decision.drops) continue;
    const name = uplinkOf(decision.connection);
    if (name === undefined || !restored.includes("OUTPUT")) {
      leave(findings, decision.at, "a mark from INPUT steers nothing, unless CONNMARK saves it there and OUTPUT restores it");
      continue;
    }
    assume(findings, decision.at, "INPUT is only asked about what is for this machine; the rule takes what it forwards too");
    take(decision, name);
  }
  return { inbound, forwarded };
}
