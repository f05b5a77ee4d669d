import type { Shown } from "../../../src/show/model.ts";
import { show } from "../../../src/show/show.ts";
import type { ProbesKnown } from "../../../src/uplink/health-file.ts";
import { asSaved, makeSight, SEED } from "../show/make-sight.ts";

const probes: ProbesKnown = new Map([
  [
    "fibre",
    {
      verdict: "up" as const,
      since: 1_799_999_000,
      flaps: 0,
      reason: "2 of 2 targets answer",
      targets: {
        "192.0.2.53": { state: "ok" as const, since: 1_799_999_000, against: 0 },
        "192.0.2.54": { state: "ok" as const, since: 1_799_999_000, against: 0 },
      },
    },
  ],
]);

/** Every kind of thing: groups of both modes, all states, kill switches, tables, rules that are off, replies, descriptions. */
const FULL = {
  lines: `
    description 'Head office, two lines and a spare'
    exempt destination 192.168.0.0/16
    uplink fibre interface eth1
    uplink fibre gateway 198.51.100.1
    uplink fibre gateway6 2001:db8:51::1
    uplink fibre health target 192.0.2.53 type ping
    uplink fibre health target 192.0.2.54 type ping
    uplink dsl interface pppoe0
    uplink dsl if-down prohibit
    uplink lte interface wwan0
    uplink lte gateway dhcp
    uplink lte if-down blackhole
    uplink old interface eth9
    uplink old gateway 192.0.2.9
    uplink old disable
    group web uplink fibre priority 10
    group web uplink dsl priority 20
    group web uplink lte priority 30
    group web if-down prohibit
    group bulk mode balance
    group bulk uplink fibre weight 2
    group bulk uplink dsl weight 1
    rule 5 description 'Never by a line that is paid for by volume'
    rule 5 destination address 203.0.113.0/24
    rule 5 action drop
    rule 10 description 'Web of the office'
    rule 10 source interface-network eth0
    rule 10 protocol tcp_udp
    rule 10 destination port 80,443
    rule 10 set group web
    rule 20 source interface-network eth0
    rule 20 protocol tcp
    rule 20 destination port 20,21,22,25,110,143,465,587,993,995,8000-8999
    rule 20 set group web
    rule 30 traffic local
    rule 30 protocol udp
    rule 30 set group bulk
    rule 40 source address 192.168.7.0/24
    rule 40 set uplink lte
    rule 50 source address 192.168.8.0/24
    rule 50 set uplink dsl
    rule 60 source address 192.168.9.0/24
    rule 60 set table 50
    rule 70 source address 192.168.10.0/24
    rule 70 disable
    rule 70 set uplink fibre
    rule 80 source address 192.168.11.0/24
    rule 80 action exempt
    rule 90 traffic inbound
    rule 90 protocol tcp
    rule 90 destination port 25
    rule 90 set reply-uplink fibre`,
  facts: `
    link eth0 up 192.168.188.1/24 2001:db8:188::1/64
    link eth1 up 198.51.100.2/24 2001:db8:51::2/64
    link pppoe0 up 203.0.113.2/32 ptp peer 203.0.113.1
    link wwan0 no-carrier 10.0.0.2/24
    gateway wwan0 dhcp-hook 10.0.0.1 for 10.0.0.2
    held web dsl 1800000100`,
};

/** As many as a big site has: 40 rules to 12 uplinks and two groups, in an order that cannot be folded. */
function many(rules: number, uplinks: number): { readonly lines: string; readonly facts: string } {
  const numbers = Array.from({ length: uplinks }, (_, i) => i);
  const lines = numbers.flatMap((i) => [
    `uplink line${i} interface eth${i + 1}`,
    `uplink line${i} gateway 198.51.${i}.1`,
    ...(i % 5 === 4 ? [`uplink line${i} if-down prohibit`] : []),
  ]);
  lines.push("group east uplink line0 priority 10", "group east uplink line1 priority 20", "group east uplink line2 priority 30");
  lines.push("group west mode balance", "group west uplink line3", "group west uplink line4", "group west uplink line5");
  for (let i = 0; i < rules; i++) {
    const number = rules > 100 ? i + 1 : 10 * (i + 1);
    lines.push(`rule ${number} protocol tcp`, `rule ${number} destination port ${1000 + i}`);
    const target = (i * 5) % (uplinks + 2);
    const word = target < uplinks ? `uplink line${target}` : `group ${target === uplinks ? "east" : "west"}`;
    lines.push(`rule ${number} source address 10.${i >> 8}.${i % 256}.0/24`, `rule ${number} set ${word}`);
  }
  const links = numbers.map((i) => `link eth${i + 1} ${i % 6 === 5 ? "no-carrier" : "up"} 198.51.${i}.2/24`);
  return { lines: lines.join("\n"), facts: ["link eth0 up 192.168.188.1/24", ...links].join("\n") };
}

/** Long names, and descriptions that are not meant well. */
const NASTY = {
  lines: `
    description '<script>alert(1)</script> & "quotes" \\u202Etxt.exe \u{1F310}\u{1F310} 漢字漢字'
    uplink Wwwwwwwwwwwwwww interface eth1
    uplink Wwwwwwwwwwwwwww gateway 198.51.100.1
    uplink Wwwwwwwwwwwwwww gateway6 2001:db8:1111:2222:3333:4444:5555:6666
    uplink Wwwwwwwwwwwwwww description '</title></svg><WWWWWWWWWWWWWWWWWWWW>'
    rule 9999 description 'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW & ]]> <b>'
    rule 9999 set uplink Wwwwwwwwwwwwwww`.replace("\\u202E", "\u202e"),
  facts: "link eth1 up 198.51.100.2/24 2001:db8:1111:2222:3333:4444:5555:7777/64",
};

/** With names that no configuration may have, for the day it may. */
function longer(shown: Shown): Shown {
  const warnings = [1, 2, 3, 4, 5].map(
    (i) => `policy-route uplink Wwwwwwwwwwwwwww: problem ${i} ${"of many words ".repeat(i * 10)}`,
  );
  return JSON.parse(JSON.stringify({ ...shown, warnings }).replaceAll("Wwwwwwwwwwwwwww", "W".repeat(60))) as Shown;
}

/** What operators have, and what they should not have. */
export function pictures(): ReadonlyMap<string, Shown> {
  const seed = makeSight(SEED.lines, SEED.facts, { packets: { "rule 10": [48_211, 7] } });
  const counted = { packets: { "rule 10": [48_211, 120], "rule 20": [912, 3], "rule 30": [77, 0], "rule 40": [5, 0] } } as const;
  const big = many(40, 12);
  const huge = many(1000, 12);
  return new Map<string, Shown>([
    ["one rule", show(seed)],
    ["down", show(makeSight(SEED.lines, SEED.facts.replace("eth1 up", "eth1 no-carrier")))],
    ["everything", show(makeSight(FULL.lines, FULL.facts, { ...counted, probes }))],
    ["forty rules", show(makeSight(big.lines, big.facts, counted))],
    ["a thousand rules", show(makeSight(huge.lines, huge.facts, counted))],
    ["twelve uplinks, one rule", show(makeSight(many(1, 12).lines, many(1, 12).facts, counted))],
    ["nasty", longer(show(makeSight(NASTY.lines, NASTY.facts)))],
    ["saved", show(asSaved(seed))],
    ["disabled", show(makeSight(`disable\n${SEED.lines}`, SEED.facts))],
    ["not configured", show({ ...seed, config: undefined, uplinks: [], kernel: { ...seed.kernel, plan: [] } })],
  ]);
}
