import { describe, expect, it } from "vitest";
import { NOTHING, type SysctlOrigin } from "../../../src/kernel/kernel-objects.ts";
import { plan } from "../../../src/kernel/plan.ts";

const KEY = "net/ipv4/conf/eth1/rp_filter";
const OPTIONS = { originsPath: "/run/sysctls.json", staleMarks: [], interimFiles: new Map() };

/** What a run does to one sysctl: the values it writes, and what is remembered of it afterwards, or when it `dies` at the value. */
function run(
  wanted: string | undefined,
  now: string,
  origin?: SysctlOrigin,
  dies = false,
): { writes: string[]; origin?: SysctlOrigin } {
  const steps = plan(
    { ...NOTHING, sysctls: new Map(wanted === undefined ? [] : [[KEY, wanted]]) },
    { ...NOTHING, sysctls: new Map([[KEY, now]]), origins: new Map(origin === undefined ? [] : [[KEY, origin]]) },
    OPTIONS,
  );
  let remembered = origin;
  for (const step of steps) {
    if (dies && step.do === "sysctl") break;
    if (step.do === "write") remembered = (JSON.parse(step.text) as Record<string, SysctlOrigin>)[KEY];
    if (step.do === "remove") remembered = undefined;
  }
  return {
    writes: steps.flatMap((step) => (step.do === "sysctl" ? [step.value] : [])),
    ...(remembered === undefined ? {} : { origin: remembered }),
  };
}

describe("a sysctl of ours", () => {
  it("is remembered as found, and put back", () => {
    const set = run("2", "0");
    expect(set).toEqual({ writes: ["2"], origin: { found: "0", set: "2" } });
    expect(run("2", "2", set.origin)).toEqual({ writes: [], origin: { found: "0", set: "2" } });
    expect(run(undefined, "2", set.origin)).toEqual({ writes: ["0"] });
  });

  it("that a firewall's commit wrote is set again, and at the end gets what the firewall wants now", () => {
    const again = run("2", "1", { found: "0", set: "2" });
    expect(again).toEqual({ writes: ["2"], origin: { found: "1", set: "2" } });
    expect(run(undefined, "2", again.origin)).toEqual({ writes: ["1"] });
    // Nobody asks us any more: what he wrote stays.
    expect(run(undefined, "1", { found: "0", set: "2" })).toEqual({ writes: [] });
  });

  it("of which we want another value keeps what was found, also when the run dies before it writes", () => {
    const changed = run("1", "2", { found: "0", set: "2" });
    expect(changed).toEqual({ writes: ["1"], origin: { found: "0", set: "1" } });
    const dead = run("1", "2", { found: "0", set: "2" }, true).origin;
    expect(dead).toEqual({ found: "0", set: "1", was: "2" });
    expect(run("1", "2", dead)).toEqual({ writes: ["1"], origin: { found: "0", set: "1" } });
    expect(run("1", "1", dead)).toEqual({ writes: [], origin: { found: "0", set: "1" } });
    expect(run(undefined, "2", dead)).toEqual({ writes: ["0"] });
  });

  it("is found as it is wanted: nothing is written, nothing remembered", () => {
    expect(run("1", "1")).toEqual({ writes: [] });
  });
});
