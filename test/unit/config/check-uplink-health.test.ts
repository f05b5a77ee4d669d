import { describe, expect, it } from "vitest";
import { errorsOf, ROUTER } from "./read.ts";

const DSL = ["uplink dsl interface eth2", "uplink dsl gateway 192.0.2.1"];

function healthErrors(lines: readonly string[], context = {}): string[] {
  return errorsOf([...DSL, ...lines.map((line) => `uplink dsl health ${line}`)], { ...ROUTER, ...context });
}

describe("probes of an uplink", () => {
  it.each<[string[], string[]]>([
    [["target gateway", "target 9.9.9.9", "minimum-targets 2", "interval 5", "timeout 5"], []],
    [["target 9.9.9.9 type tcp", "target 9.9.9.9 port 443"], []],
    [["target 192.0.2.9 type arp"], []],
    [["interval 5"], ['health: at least one target must be set, such as "target gateway"']],
    [
      ["target gateway", "minimum-targets 2", "timeout 4"],
      [
        "health: minimum-targets 2 is more than there are targets (1); lower it, or add targets",
        "health: timeout 4 is longer than interval 3: a probe has to end before the next",
      ],
    ],
    [
      [
        "target 9.9.9.9 type tcp",
        "target 1.1.1.1 port 53",
        "target 192.0.2.2 type script",
        "target gateway script /config/scripts/x",
      ],
      [
        "health target 1.1.1.1: port needs type tcp, not ping",
        'health target 9.9.9.9: type tcp needs the port to connect to, such as "port 443"',
        'health target 192.0.2.2: type script needs the file to run, such as "script /config/scripts/probe"',
        "health target 192.0.2.2: is an address of this router, which answers also when the line is dead",
        "health target gateway: script needs type script, not ping",
      ],
    ],
    [
      ["target 9.9.9.9 type arp"],
      ["health target 9.9.9.9: type arp: it is not in a network of eth2, so nobody answers ARP for it there"],
    ],
  ])("%j", (lines, messages) => {
    expect(healthErrors(lines)).toEqual(messages.map((message) => `policy-route uplink dsl ${message}`));
  });

  it("wants scripts that can be run and programs that are there", () => {
    const context = {
      notExecutable: new Set(["/config/scripts/x", "/config/scripts/changed"]),
      missingPrograms: new Map([["socat", "socat is not installed (package socat)"]]),
    };
    const lines = [
      "target 9.9.9.9 type script",
      "target 9.9.9.9 script /config/scripts/x",
      "target 1.1.1.1 type tcp",
      "target 1.1.1.1 port 53",
    ];
    expect(healthErrors(lines, context)).toEqual([
      "policy-route uplink dsl health target 1.1.1.1: type tcp: socat is not installed (package socat)",
      "policy-route uplink dsl health target 9.9.9.9: /config/scripts/x is not executable: chmod +x /config/scripts/x",
    ]);
    expect(errorsOf([...DSL, "hook /config/scripts/changed"], { ...ROUTER, ...context })).toEqual([
      "policy-route hook: /config/scripts/changed is not executable: chmod +x /config/scripts/changed",
    ]);
  });

  it("knows that nobody answers ARP on a point-to-point line", () => {
    expect(errorsOf(["uplink p interface ppp0", "uplink p gateway ppp", "uplink p health target gateway type arp"])).toEqual([
      "policy-route uplink p health target gateway: type arp: ppp0 is a point-to-point line, nobody answers ARP there",
    ]);
  });

  it("keeps the names of the probes' tables apart from others", () => {
    expect(
      errorsOf([
        ...DSL,
        "uplink dsl health target gateway",
        "uplink b interface eth2",
        "uplink b gateway 192.0.2.9",
        "uplink b table-name dsl.probe",
        "uplink b track-inbound disable",
      ]),
    ).toEqual(["policy-route uplink dsl and b: both use table-name dsl.probe; each needs its own"]);
  });
});
