import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatWhatIf } from "../../../src/show/format-what-if.ts";
import { type Change, imagine } from "../../../src/show/imagine.ts";
import { show } from "../../../src/show/show.ts";
import { showWhatIf } from "../../../src/show/show-what-if.ts";
import { arbitraryConfig } from "../../kernel/arbitrary-config.ts";
import { makeSight, readSituation } from "./make-sight.ts";

function whatIf(lines: string, facts: string, changes: readonly Change[], watched = false) {
  const sight = makeSight(lines, facts);
  const situation = { ...readSituation(lines, facts), watched };
  return showWhatIf(show(sight), show(imagine(sight, sight.kernel, situation, changes)), changes, sight.now);
}

const LINES = `
  uplink dsl interface eth1
  uplink dsl gateway 198.51.100.1
  uplink dsl if-down prohibit
  uplink lte interface wwan0
  uplink lte gateway 192.0.2.1
  group web uplink dsl priority 10
  group web uplink lte priority 20
  rule 10 source address 192.0.2.128/25
  rule 10 protocol tcp
  rule 10 destination port 143,80,443,8000
  rule 10 set group web
  rule 20 source address 192.0.2.128/25
  rule 20 protocol udp
  rule 20 set uplink dsl`;
const FACTS = "link eth1 up 198.51.100.2/24\nlink wwan0 up 192.0.2.2/24";

describe("what-if", () => {
  it("is written side by side", () => {
    expect(`\n${formatWhatIf(whatIf(LINES, FACTS, [{ uplink: "dsl", to: "down" }]))}`).toBe(`
If uplink dsl were down
Uplink  Now  After
dsl     up   down
lte     up   up
Rule  Traffic    Matches                         To          Now  After
10    forwarded  tcp dport 143,80,443,8000 from  group web   dsl  lte
                 192.0.2.128/25
20    forwarded  udp from 192.0.2.128/25         uplink dsl  dsl  prohibit
`);
  });

  it("says who goes with whom, what stays down, and who waits", () => {
    const shared = `${LINES}\nuplink second interface eth1\nuplink second gateway 198.51.100.9\nuplink second track-inbound disable`;
    expect(whatIf(shared, FACTS, [{ uplink: "dsl", to: "down" }]).notes).toEqual([
      "uplink second is on eth1 too, and goes down with it",
    ]);
    expect(whatIf(LINES, `${FACTS}\nforced lte down`, [{ uplink: "lte", to: "up" }]).notes).toEqual([
      'uplink lte would still be down: forced down by the operator ("force policy-route uplink lte auto" ends that)',
    ]);
    expect(whatIf(LINES, "link eth1 up 198.51.100.2/24", [{ uplink: "lte", to: "up" }]).notes).toEqual([
      "uplink lte would still be down: interface wwan0 does not exist",
    ]);
    expect(whatIf(LINES, FACTS, [{ uplink: "dsl", to: "up" }]).notes).toEqual(["uplink dsl is up now"]);
    const manual = `${LINES}\ngroup web failback manual`;
    const back = whatIf(
      manual,
      `${FACTS.replace("eth1 up", "eth1 no-carrier")}\nheld web dsl`,
      [{ uplink: "dsl", to: "up" }],
      true,
    );
    expect(back.notes).toEqual(['group web: dsl is up, and held back until "force policy-route group web failback"']);
    expect(back.rules[0]).toMatchObject({ now: { ipv4: { uplink: "lte" } }, after: { ipv4: { uplink: "lte" } } });
  });

  it("knows for how long the monitor would hold a member back", () => {
    const delayed = `${LINES}\ngroup web failback-delay 30`;
    const facts = `${FACTS.replace("eth1 up", "eth1 no-carrier")}\nheld web dsl`;
    const { notes, groups } = whatIf(delayed, facts, [{ uplink: "dsl", to: "up" }], true);
    expect(notes).toEqual(["group web: dsl is up, and held back for 30 s"]);
    expect(groups[0]?.after).toMatchObject({ ipv4: { uplink: "lte" } });
  });

  it("a verdict of the probes ends with `up`", () => {
    const probed = `${LINES}\nuplink dsl health target 9.9.9.9`;
    const facts = `${FACTS}\nhealth dsl down 1 of 1 targets failed`;
    expect(whatIf(probed, facts, [{ uplink: "dsl", to: "up" }]).uplinks[0]).toEqual({ name: "dsl", now: "down", after: "up" });
    expect(whatIf(probed, facts, [{ uplink: "lte", to: "up" }]).uplinks[0]).toMatchObject({ after: "down" });
  });

  it("refuses what cannot be", () => {
    expect(() => whatIf(LINES, FACTS, [{ uplink: "dls", to: "up" }])).toThrow(
      'uplink "dls" is not configured (did you mean "dsl"?)',
    );
    expect(() => whatIf(`${LINES}\nuplink off interface eth9\nuplink off disable`, FACTS, [{ uplink: "off", to: "up" }])).toThrow(
      "uplink off is disabled",
    );
  });
});

const WIRES = ["eth1", "eth2", "eth3", "eth4"] as const;
const ADDRESSES = {
  eth1: "198.51.100.2/24 198.51.100.7/24 2001:db8:1::2/64",
  eth2: "203.0.113.2/24 2001:db8:2::2/64",
  eth3: "10.3.0.2/24 2001:db8:3::2/64",
  eth4: "10.4.0.2/24",
} as const;

it("any configuration, any lines cut: as if they had been cut before", () => {
  const router = (cut: readonly string[]) =>
    ["link eth0 up 192.168.188.1/24 2001:db8:a::1/64"]
      .concat(WIRES.map((wire) => `link ${wire} ${cut.includes(wire) ? "no-carrier" : "up"} ${ADDRESSES[wire]}`))
      .join("\n");
  // What names stand for outside of the configuration is looked up elsewhere.
  const ownNames = (lines: readonly string[]) => lines.filter((line) => !/^firewall|-group |user /.test(line)).join("\n");
  fc.assert(
    fc.property(arbitraryConfig, fc.subarray([...WIRES]), fc.subarray([...WIRES]), (all, before, after) => {
      const lines = ownNames(all);
      const { config } = readSituation(lines, router([]));
      const changes = Object.entries(config.uplink).flatMap(([uplink, { interface: wire = "", disable }]): Change[] =>
        disable ? [] : [{ uplink, to: after.includes(wire as (typeof WIRES)[number]) ? "down" : "up" }],
      );
      if (changes.length === 0) return;
      const imagined = whatIf(lines, router(before), changes);
      const real = show(makeSight(lines, router(after)));
      expect(imagined.rules.map((rule) => rule.after)).toEqual(real.rules?.map((rule) => rule.now));
      expect(imagined.groups.map((group) => group.after)).toEqual(real.groups?.map((group) => group.now));
    }),
    { numRuns: 60, seed: 7 },
  );
});
