import { expect, it } from "vitest";
import { type KernelObjects, type NftTableText, NOTHING, type RuleLine } from "../../../src/kernel/kernel-objects.ts";
import { planNft } from "../../../src/kernel/plan-nft.ts";

const rule = (hash: string): RuleLine => ({ hash, text: `accept # ${hash}` });
const BASE = "type filter hook prerouting priority -149; policy accept;";
const set = (name: string) => ({ name, lines: ["type ipv4_addr", "flags interval", "elements = { 10.0.0.0/8 }"] });

function table(changes: Partial<NftTableText> = {}): NftTableText {
  const chains = [
    { name: "A", base: "", lines: [rule("1"), rule("2")] },
    { name: "P", base: BASE, lines: [rule("3")] },
  ];
  return { family: "ipv4", chains, sets: [set("s1")], strange: false, ...changes };
}

const objects = (...nft: NftTableText[]): KernelObjects => ({ ...NOTHING, nft });

function planned(target: KernelObjects, observed: KernelObjects): string[] {
  const [step, ...more] = planNft(target, observed);
  expect(more).toEqual([]);
  if (step === undefined) return [];
  if (step.do !== "run") throw new Error("no command");
  expect(step.argv).toEqual(["nft", "-f", "-"]);
  return (step.stdin ?? "").split("\n").flatMap((line) => (line === "" ? [] : [line.trim()]));
}

it("does nothing when all is there, counters aside", () => {
  const counted = table().chains.map((chain) => ({
    ...chain,
    lines: chain.lines.map(({ hash }) => ({ hash, text: "counted" })),
  }));
  expect(planned(objects(table()), objects(table({ chains: counted })))).toEqual([]);
});

it("makes, and takes away, both families in one", () => {
  const both = objects(table(), table({ family: "ipv6", chains: [], sets: [] }));
  expect(planned(both, NOTHING)).toContain("table ip policy_route {");
  expect(planned(NOTHING, both)).toEqual(["delete table ip policy_route", "delete table ip6 policy_route"]);
});

it("fills only the chain that differs, adds before it and removes after", () => {
  const [a, p] = table().chains;
  if (a === undefined || p === undefined) throw new Error("no chains");
  const observed = table({ chains: [{ ...a, lines: [rule("1")] }, p, { name: "OLD", base: "", lines: [] }], sets: [set("s0")] });
  expect(planned(objects(table()), objects(observed))).toEqual([
    "flush chain ip policy_route A",
    "flush chain ip policy_route OLD",
    "table ip policy_route {",
    "set s1 {",
    ...set("s1").lines,
    "}",
    "chain A {",
    "accept # 1",
    "accept # 2",
    "}",
    "}",
    "delete chain ip policy_route OLD",
    "delete set ip policy_route s0",
  ]);
});

it("fills a chain anew for a rule without our hash, for another order, and a set that was emptied", () => {
  const [a, p] = table().chains;
  if (a === undefined || p === undefined) throw new Error("no chains");
  const chain = (lines: RuleLine[]) => objects(table({ chains: [{ ...a, lines }, p] }));
  expect(planned(objects(table()), chain([rule("2"), rule("1")]))).toContain("flush chain ip policy_route A");
  expect(planned(chain([rule("")]), chain([rule("")]))).toContain("flush chain ip policy_route A");
  const emptied = objects(table({ sets: [{ name: "s1", lines: ["type ipv4_addr", "flags interval"] }] }));
  expect(planned(objects(table()), emptied)).toContain("elements = { 10.0.0.0/8 }");
});

it("makes a table anew that holds strange things, or has a chain at another hook", () => {
  const [a, p] = table().chains;
  if (a === undefined || p === undefined) throw new Error("no chains");
  for (const observed of [table({ strange: true }), table({ chains: [a, { ...p, base: BASE.replace("-149", "-150") }] })]) {
    const lines = planned(objects(table()), objects(observed));
    expect(lines[0]).toBe("delete table ip policy_route");
    expect(lines).toContain("accept # 3");
  }
});
