import { expect, it } from "vitest";
import { NOTHING, type Observed } from "../../../src/kernel/kernel-objects.ts";
import type { Route } from "../../../src/kernel/kernel-state.ts";
import { type Forgetting, plan } from "../../../src/kernel/plan.ts";

const nothing: Observed = { ...NOTHING, origins: new Map() };
const lost: Route = { family: "ipv4", table: 2004, type: "unicast", prefix: "default", metric: 10, device: "eth1" };
const forget: Forgetting[] = [
  { family: "ipv4", mark: { value: 0x500000, mask: 0xff00000 }, translated: true, why: "member web dsl is not used any more" },
  { family: "ipv6", mark: { value: 0x500000, mask: 0x7f00000 }, translated: false, why: "member web dsl is not used any more" },
];
const options = { originsPath: "/run/x.json", staleMarks: [], interimFiles: new Map() };

it("connections are forgotten when their old way is gone: sooner, the next packet would take it again", () => {
  const steps = plan(NOTHING, { ...nothing, routes: [lost] }, { ...options, forget });
  expect(steps.map((step) => (step.do === "run" ? step.argv : step.do))).toEqual([
    ["ip", "-4", "-batch", "-"],
    ["conntrack", "-D", "-f", "ipv4", "-m", "0x00500000/0x0ff00000", "-n"],
    ["conntrack", "-D", "-f", "ipv6", "-m", "0x00500000/0x07f00000"],
  ]);
  expect(steps.slice(1).every((step) => step.do === "run" && step.tolerate?.includes(1))).toBe(true);
});

it("nothing to forget is no step", () => {
  expect(plan(NOTHING, nothing, { ...options, forget: [] })).toEqual([]);
});
