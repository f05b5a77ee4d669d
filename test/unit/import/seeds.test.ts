import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { differences, imported, refusals } from "./read.ts";

const seed = (name: string): string => readFileSync(new URL(`seeds/${name}.txt`, import.meta.url), "utf8");

const example = (folder: string): string[] =>
  readFileSync(new URL(`../../../examples/${folder}/router.config`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("set "));

/** Lines of a configuration with another name for an uplink. */
const renamed = (lines: readonly string[], from: string, to: string): string[] =>
  lines.map((line) => line.replace(new RegExp(`(uplink) ${from}\\b`), `$1 ${to}`));

/** The documents' commands are for IPv4; the examples' rules are for both families. */
const IPV4_ONLY = ['- rule 10 family = "both"', '+ rule 10 family = "ipv4"'];

describe("the commands of the five documents give the configurations of the examples, but for", () => {
  it("000: the name of the uplink, NAT inside eth1, which is in the router's configuration there, and IPv6", () => {
    const { commands, left } = imported(seed("000"));
    expect(differences(renamed(example("000-dsl-beside-bgp"), "dsl", "eth1"), commands)).toEqual([
      IPV4_ONLY[0],
      '- uplink eth1 source-nat = "masquerade"',
      IPV4_ONLY[1],
      '+ uplink eth1 source-nat = "disable"',
    ]);
    expect(refusals(commands)).toEqual([]);
    expect(left).toEqual([
      "# line 11: iptables -t mangle -F PREROUTING: empties chains that may be somebody else's; a commit puts only its own right",
      "# line 12: ip route flush table $ta: takes away what was there before; a commit needs no such thing",
    ]);
  });

  it("001: the page has no commands but two sysctls, of which nothing can be made without an uplink", () => {
    const { commands, left } = imported(seed("001-page"));
    expect(commands).toEqual([]);
    expect(left).toHaveLength(2);
  });

  it("001: a script as the page describes it: tables and marks, port by port what is asked and what is answered, no tracking", () => {
    const { commands, assumed } = imported(seed("001-script"));
    const diff = differences(example("001-ssh-and-web-by-two-providers"), commands);
    expect(diff.filter((line) => line.includes("uplink isp1 "))).toEqual([
      // The script tracks nothing: what comes in by isp1 is answered as main says. The example has both by default.
      '- uplink isp1 source-rule = "enable"',
      '- uplink isp1 track-inbound = "enable"',
      "+ uplink isp1 mark = 1",
      '+ uplink isp1 source-rule = "disable"',
      "+ uplink isp1 table = 1",
      '+ uplink isp1 track-inbound = "disable"',
    ]);
    expect(diff.filter((line) => !/ rule |isp1/.test(line))).toEqual([
      '- uplink isp2 source-rule = "enable"',
      '- uplink isp2 track-inbound = "enable"',
      "+ uplink isp2 mark = 2",
      '+ uplink isp2 source-rule = "disable"',
      "+ uplink isp2 table = 2",
      '+ uplink isp2 track-inbound = "disable"',
    ]);
    // Of marks the last counts: source ports come before ssh. A script that looks at each packet marks answers and questions alike.
    const rule = (number: number, ...lines: string[]): string[] =>
      ["family ipv4", "protocol tcp", ...lines].map((line) => `rule ${number} ${line}`);
    expect(
      commands.flatMap((line) => (/ rule /.test(line) && !/ traffic /.test(line) ? [line.replace("set policy-route ", "")] : [])),
    ).toEqual([
      ...rule(10, "destination port http", "set uplink isp2"),
      ...rule(20, "destination port 8080,9000-9099", "set reply-uplink isp2"),
      ...rule(30, "source port 8080,9000-9099", "set uplink isp2"),
      ...rule(40, "destination port ssh", "set uplink isp1"),
    ]);
    expect(commands.filter((line) => / traffic /.test(line)).map((line) => line.split(" ").slice(2).join(" "))).toEqual([
      "rule 10 traffic all",
      "rule 20 traffic inbound",
      "rule 30 traffic local",
      "rule 40 traffic all",
    ]);
    expect(assumed.join("\n")).toContain("answers from port 8080,9000-9099 are decided when the request comes in");
    expect(refusals(commands)).toEqual([]);
  });

  it("002: the interface, which the document leaves out and this machine knows, and the family its network says already", () => {
    const { commands, assumed, left } = imported(seed("002"));
    expect(differences(example("002-second-router-under-test"), commands)).toEqual([
      '- uplink router2 gateway-mac = "52:54:00:c2:a5:43"',
    ]);
    expect(refusals(commands)).toEqual([]);
    expect(left).toEqual([]);
    expect(assumed.join("\n")).toContain("the interface is not said: 10.0.0.2 is in a network of eth0 on this machine");
    expect(assumed.join("\n")).toContain(
      "INPUT is only asked about what is for this machine; the rule takes what it forwards too",
    );
  });

  it("003: a user by number, the table of PPP0, and what the example adds: a kill switch, a hook, filtering as it is", () => {
    const { commands, left } = imported(seed("003"));
    expect(differences(example("003-user-by-its-own-dsl-line"), commands)).toEqual([
      '- hook = "/config/scripts/save-ip.sh"',
      IPV4_ONLY[0],
      '- rule 10 user name = "mldonkey"',
      "- uplink PPP0 table = 2200",
      '- uplink PPP1 if-down = "prohibit"',
      '- uplink PPP1 source-validation = "auto"',
      IPV4_ONLY[1],
      "+ rule 10 user first = 108",
      "+ rule 10 user last = 108",
      "+ uplink PPP0 table = 200",
      '+ uplink PPP1 if-down = "main"',
      '+ uplink PPP1 source-validation = "disable"',
    ]);
    expect(refusals(commands)).toEqual([]);
    expect(left).toHaveLength(4);
    expect(left.join("\n")).toMatch(/^# line 10: .*--cmd-owner sshd.*: kernels cannot match the name of a program any more/m);
    expect(left.join("\n")).toMatch(/^# line 27: .*table filter is the firewall's/m);
    expect(left.join("\n")).toMatch(/^# line 29: .*policy-route never writes what is for all interfaces/m);
    expect(left.join("\n")).toMatch(/^# line 39: .*takes back what was there before/m);
  });

  it("004: names, and the addresses that the page has lost; a commit asks for the gateway", () => {
    const { commands, left } = imported(seed("004"));
    const ftp = renamed(example("004-ftp-on-its-own-line"), "ftp", "eth1_table").filter((line) => !line.includes("table-name"));
    expect(differences(ftp, commands)).toEqual([
      '- uplink eth1_table gateway = "192.0.2.1"',
      '- uplink eth1_table source-address = "192.0.2.10"',
      '- uplink eth1_table source-rule = "enable"',
      '+ uplink eth1_table source-address = "auto"',
      '+ uplink eth1_table source-rule = "disable"',
    ]);
    expect(left).toContain("# line 16: default via dev eth1 src: the gateway has to be set on the uplink");
    const whole = imported(seed("004").replaceAll("via dev eth1 src", "via 198.51.100.1 dev eth1 src 198.51.100.2"));
    expect(refusals(whole.commands)).toEqual([]);
  });
});
