import { type FoundUplinks, tableId } from "./find-uplinks.ts";
import { assume, type Findings, leave } from "./findings.ts";
import type { ImportedRule, ImportedUplink } from "./imported.ts";

/** What an uplink's leaves say of its interface's sysctls. */
const RP_FILTER: Readonly<Record<string, string>> = { "0": "disable", "1": "strict", "2": "loose" };

/** Adds to the uplinks what follows from everything else: marks, NAT, sysctls, and which of the defaults the texts did not have. */
export function finishUplinks(
  findings: Findings,
  found: FoundUplinks,
  rules: readonly ImportedRule[],
  tracked: ReadonlySet<string>,
  answering: ReadonlySet<string>,
): void {
  setMarks(findings, found);
  const uplinks = [...found.uplinks.values()];
  for (const { name, at, leaves } of uplinks) {
    const device = leaves.get("interface") ?? "";
    const isLan = rules.some(
      ({ traffic, condition }) =>
        traffic !== "inbound" &&
        [...(condition.get("inbound-interface") ?? []), ...(condition.get("source interface-network") ?? [])].includes(device),
    );
    if (!answering.has(name)) leaves.set("source-rule", "disable");
    if (tracked.has(name)) continue;
    if (answering.has(name) && !isLan)
      assume(
        findings,
        at,
        `also connections that come in by ${device} and are forwarded are answered by it (track-inbound), as those to its own address are`,
      );
    else leaves.set("track-inbound", "disable");
  }
  for (const nat of findings.nats) {
    const uplink = uplinks.find(({ leaves }) => leaves.get("interface") === nat.device);
    if (uplink === undefined) {
      leave(findings, nat.at, "address translation of an interface that is no uplink is the firewall's (nat), where it stays");
      continue;
    }
    uplink.leaves.set("source-nat", nat.to ?? "masquerade");
    assume(
      findings,
      nat.at,
      `source-nat is for what is steered to ${uplink.name}; keep the line in the firewall for what else leaves by ${nat.device}`,
    );
  }
  for (const sysctl of findings.sysctls) setSysctl(findings, uplinks, sysctl);
}

/** The slot gets the number that the raw mark had, where it can. */
function setMarks(findings: Findings, { uplinks, ways }: FoundUplinks): void {
  const given = new Set<string>();
  for (const { at, mark, does } of findings.rules) {
    const way = "table" in does ? ways.get(tableId(findings, does.table)) : undefined;
    const uplink = way?.kind === "uplink" ? uplinks.get(way.name) : undefined;
    if (mark === undefined || uplink === undefined || uplink.leaves.has("mark") || given.has(String(mark.value))) continue;
    if (mark.value >= 1 && mark.value <= 126) {
      given.add(String(mark.value));
      uplink.leaves.set("mark", String(mark.value));
    }
    assume(
      findings,
      at,
      `packets do not carry mark ${mark.value} any more but that of a slot ("show policy-route marks"): tell what else reads it (tc, other chains)`,
    );
  }
}

function setSysctl(
  findings: Findings,
  uplinks: readonly ImportedUplink[],
  { at, device, name, value }: Findings["sysctls"][number],
): void {
  const isAll = device === "all" || device === "default";
  const own = uplinks.filter(({ leaves }) => leaves.get("interface") === device);
  const meant = isAll ? uplinks : own;
  if (name === "log_martians" && value === "1" && meant.length > 0) {
    for (const { leaves } of meant) leaves.set("log-martians", "enable");
    if (isAll) assume(findings, at, "said of the uplinks only; for every other interface it is the router's own setting");
  } else if (name === "rp_filter" && own.length > 0 && RP_FILTER[value] !== undefined) {
    for (const { leaves } of own) leaves.set("source-validation", RP_FILTER[value]);
    assume(findings, at, "policy-route works with reverse path filtering as it is: try without source-validation");
  } else if (name === "src_valid_mark" && own.length > 0) {
    assume(findings, at, "source-validation auto, the default, sets it where it is needed");
  } else {
    const what = name === "log_martians" ? "log-martians" : "source-validation";
    leave(
      findings,
      at,
      isAll
        ? `policy-route never writes what is for all interfaces; ${what} on an uplink is for its interface`
        : `${device} is no uplink here`,
    );
  }
}
