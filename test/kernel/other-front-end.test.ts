import { afterEach, describe, expect, it } from "vitest";
import { IPTABLES } from "../support/front-end.ts";
import { FRONT, type Namespace, openNamespace } from "../support/namespace.ts";

let router: Namespace;

afterEach(async () => await router.stop());

const CONFIG = [
  "uplink dsl interface eth1",
  "uplink dsl gateway 198.51.100.1",
  "uplink dsl source-nat masquerade",
  "rule 10 protocol tcp",
  "rule 10 destination port 80",
  "rule 10 set uplink dsl",
];

/** What iptables-alternatives does: the plain names become the other front end. */
const switchTo = (other: string): string =>
  ["ip", "ip6"]
    .flatMap((family) =>
      ["", "-save", "-restore"].map(
        (suffix) => `ln -sf /usr/sbin/xtables-${other.replace("iptables-", "")}-multi ${FRONT}/${family}tables${suffix}`,
      ),
    )
    .join("\n");

/** Lines of ours that a front end holds, both families. */
async function ours(frontEnd: string): Promise<number> {
  const text = await router.sh(`${frontEnd}-save; ${frontEnd.replace("ip", "ip6")}-save`);
  return text.split("\n").filter((line) => line.includes("POLICY_ROUTE")).length;
}

describe("the iptables alternative is switched", () => {
  for (const [before, after] of [IPTABLES, [...IPTABLES].reverse()] as const) {
    it(`${before} to ${after}: restart moves the rules, nothing of ours stays behind`, async () => {
      router = await openNamespace(before);
      await router.apply(CONFIG);
      expect(await ours(before)).toBeGreaterThan(20);
      await router.sh(`${before} -t mangle -A PREROUTING -m comment --comment foreign`);
      await router.sh(switchTo(after));
      expect((await router.program(["restart"])).exitCode).toBe(0);
      expect(await ours(after)).toBeGreaterThan(20);
      expect(await ours(before)).toBe(0);
      expect(await router.sh(`${before}-save -t mangle`)).toContain("--comment foreign");
    });

    it(`${before} to ${after}: uninstall without a restart takes them out too`, async () => {
      router = await openNamespace(before);
      await router.apply(CONFIG);
      await router.sh(switchTo(after));
      expect((await router.program(["uninstall"])).exitCode).toBe(0);
      expect([await ours(before), await ours(after)]).toEqual([0, 0]);
    });
  }
});
