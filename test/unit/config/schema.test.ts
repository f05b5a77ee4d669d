import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { checkConfig } from "../../../src/config/check-tree.ts";
import type { ConfigTree } from "../../../src/config/config-tree.ts";
import type { Field } from "../../../src/config/fields.ts";
import { ConfigError } from "../../../src/config/issue.ts";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { parseConfig, parseConfigTree } from "../../../src/config/parse-config.ts";
import { policyRoute } from "../../../src/config/schema.ts";
import { schemaPaths } from "../../../src/config/schema-paths.ts";
import { arbitraryTree } from "./arbitrary-tree.ts";
import { EVERY_PATH } from "./every-path.ts";
import { errorsOf, treeOf } from "./read.ts";

const parse = (...lines: string[]) => parseConfig(treeOf(lines), BUILT_IN_LOOKUPS);

describe("the value of a configuration", () => {
  it("is all defaults when nothing is configured", () => {
    expect(parse()).toEqual({
      disable: false,
      backend: "auto",
      "mark-mask": 0x0ff00000,
      "rule-priority": 600,
      exempt: { destination: [], source: [], connected: "enable" },
      "hook-timeout": 10,
      "log-level": "info",
      "router-access": { address: "127.0.0.1", port: 22, user: "vyos", timeout: 5, disable: false },
      uplink: {},
      group: {},
      rule: {},
    });
  });

  it("has the first source document's uplink and rule", () => {
    const config = parse(...(DOCUMENTS["LAN web over a DHCP line"] ?? []));
    expect(config.exempt.destination).toEqual([{ family: "ipv4", address: "192.168.0.0", length: 16 }]);
    expect(config.uplink["dsl"]).toEqual({
      disable: false,
      interface: "eth1",
      gateway: "dhcp",
      onlink: false,
      "source-address": "auto",
      table: 20,
      "table-name": "510sg",
      mark: 20,
      "source-rule": "enable",
      "source-nat": "masquerade",
      "track-inbound": "enable",
      "source-validation": "auto",
      "log-martians": "disable",
      "if-down": "main",
      "flush-connections": "auto",
    });
    expect(config.rule["10"]).toMatchObject({
      traffic: "forwarded",
      family: "both",
      protocol: { negate: false, value: 6, text: "tcp" },
      source: { address: [], "interface-network": "eth0" },
      destination: {
        port: {
          negate: false,
          text: "143,80,443,8000",
          ranges: [
            { first: 80, last: 80 },
            { first: 143, last: 143 },
            { first: 443, last: 443 },
            { first: 8000, last: 8000 },
          ],
        },
      },
      action: "set",
      set: { uplink: "dsl" },
    });
  });

  it("has one spelling for each value", () => {
    const config = parse(
      "rule-priority 00700",
      "mark-mask 267386880",
      "exempt source 10.1.2.3/8",
      "exempt source 2001:DB8:0:0::1/32",
      "uplink a gateway6 FE80:0::1",
      "uplink a mark 0x14",
      "uplink a gateway-mac 52:54:00:C2:A5:43",
      "rule 0010 source address !10.9.9.9/8",
      "rule 0010 set table 254",
      "rule 9 source address 10.0.0.5-10.0.0.9",
      "rule 9 destination port !ssh,100-200,150-250,251",
      "rule 9 protocol !UDP",
    );
    expect(config["rule-priority"]).toBe(700);
    expect(config["mark-mask"]).toBe(0x0ff00000);
    expect(config.exempt.source).toEqual([
      { family: "ipv4", address: "10.0.0.0", length: 8 },
      { family: "ipv6", address: "2001:db8::", length: 32 },
    ]);
    expect(config.uplink["a"]).toMatchObject({ gateway6: "fe80::1", mark: 20, "gateway-mac": "52:54:00:c2:a5:43" });
    expect(Object.keys(config.rule)).toEqual(["9", "10"]);
    expect(config.rule["10"]?.set).toEqual({ table: "main" });
    expect(config.rule["10"]?.source.address).toEqual([
      { negate: true, family: "ipv4", text: "10.0.0.0/8", first: "10.0.0.0", last: "10.255.255.255", prefixLength: 8 },
    ]);
    expect(config.rule["9"]).toMatchObject({
      protocol: { negate: true, value: 17 },
      source: { address: [{ negate: false, family: "ipv4", text: "10.0.0.5-10.0.0.9", first: "10.0.0.5", last: "10.0.0.9" }] },
      destination: {
        port: {
          negate: true,
          ranges: [
            { first: 22, last: 22 },
            { first: 100, last: 251 },
          ],
        },
      },
    });
  });

  it("keeps rules apart that are spelled differently only when they are one", () => {
    expect(errorsOf(["rule 10 action drop", "rule 010 log enable"])).toEqual([
      'policy-route rule 10: is there twice, the second time as "010"',
    ]);
  });

  it("is the same tree's value however the tree is spelled, and never throws but ConfigError", () => {
    fc.assert(
      fc.property(arbitraryTree(), (tree) => {
        const { config, issues } = parseConfigTree(tree, BUILT_IN_LOOKUPS);
        expect(config["hook-timeout"]).toBeGreaterThan(0);
        if (issues.length > 0) expect(() => parseConfig(tree, BUILT_IN_LOOKUPS)).toThrow(ConfigError);
        for (const { message } of issues) expect(message).not.toMatch(/\n|expected|Invalid input/);
      }),
    );
  });
});

/** The five source documents in this language (design of the language, first draft): all of it has to have the right form. */
const DOCUMENTS: Readonly<Record<string, readonly string[]>> = {
  "LAN web over a DHCP line": [
    "exempt destination 192.168.0.0/16",
    "uplink dsl interface eth1",
    "uplink dsl gateway dhcp",
    "uplink dsl table 20",
    "uplink dsl table-name 510sg",
    "uplink dsl mark 20",
    "uplink dsl if-down main",
    "uplink dsl source-nat masquerade",
    "rule 10 source interface-network eth0",
    "rule 10 protocol tcp",
    "rule 10 destination port 143,80,443,8000",
    "rule 10 set uplink dsl",
  ],
  "ssh by one provider, http by the other": [
    "uplink isp1 interface eth1",
    "uplink isp1 gateway 198.51.100.1",
    "uplink isp2 interface eth2",
    "uplink isp2 gateway 192.0.2.1",
    "uplink isp2 log-martians enable",
    "uplink isp2 source-validation loose",
    "rule 10 traffic all",
    "rule 10 protocol tcp",
    "rule 10 destination port ssh",
    "rule 10 set uplink isp1",
    "rule 30 traffic inbound",
    "rule 30 protocol tcp",
    "rule 30 destination port 8080",
    "rule 30 set reply-uplink isp2",
    "rule 40 traffic local",
    "rule 40 protocol tcp",
    "rule 40 source port 9000-9099",
    "rule 40 set uplink isp2",
  ],
  "a new router beside the old one": [
    "uplink router2 interface eth0",
    "uplink router2 gateway 10.0.0.2",
    "uplink router2 gateway-mac 52:54:00:c2:a5:43",
    "uplink router2 table 200",
    "uplink router2 mark 2",
    "uplink router2 track-inbound disable",
    "uplink router2 source-rule disable",
    "rule 10 traffic inbound",
    "rule 10 protocol tcp",
    "rule 10 destination port 80",
    "rule 10 state new enable",
    "rule 10 source mac-address 52:54:00:c2:a5:43",
    "rule 10 source address !10.0.0.0/24",
    "rule 10 log enable",
    "rule 10 set reply-uplink router2",
  ],
  "two PPPoE sessions, one for a user": [
    "hook /config/scripts/save-ip.sh",
    "uplink PPP0 interface ppp0",
    "uplink PPP0 gateway ppp",
    "uplink PPP0 onlink",
    "uplink PPP0 table 2200",
    "uplink PPP1 interface ppp1",
    "uplink PPP1 gateway ppp",
    "uplink PPP1 onlink",
    "uplink PPP1 table 2201",
    "uplink PPP1 mark 1",
    "uplink PPP1 source-nat masquerade",
    "uplink PPP1 if-down prohibit",
    "rule 10 traffic local",
    "rule 10 user mldonkey",
    "rule 10 set uplink PPP1",
  ],
  "FTP answered where it came in": [
    "uplink ftp interface eth1",
    "uplink ftp gateway 192.0.2.1",
    "uplink ftp source-address 192.0.2.10",
    "uplink ftp table 100",
    "uplink ftp table-name eth1_table",
    "uplink ftp mark 1",
    "uplink ftp track-inbound enable",
    "uplink ftp source-validation auto",
  ],
};

describe("the source documents", () => {
  it.each(Object.entries(DOCUMENTS))("%s", (_, lines) => {
    const { config, issues } = parseConfigTree(treeOf(lines), BUILT_IN_LOOKUPS);
    expect(issues).toEqual([]);
    const context = { links: [], ...(lines.some((line) => line.includes("user")) ? { users: new Set(["mldonkey"]) } : {}) };
    const errors = checkConfig(config, context).errors.filter(({ message }) => !/^interface \w+ does not exist$/.test(message));
    expect(errors).toEqual([]);
  });
});

describe("the whole language", () => {
  const paths = schemaPaths().map(({ path }) => path.join(" "));

  it("has an example for each node and no other", () => {
    expect(Object.keys(EVERY_PATH).sort()).toEqual([...paths].sort());
  });

  it("is read as its zod schema reads it", () => {
    // What the schema takes: objects for nodes and tags, text for leaves, lists for multi nodes, booleans for flags.
    const asObject = (field: Field, tree: ConfigTree): unknown => {
      const children = [...tree.children];
      if (field.kind === "flag") return true;
      if (field.kind === "leaf") return children[0]?.[0];
      if (field.kind === "multi") return children.map(([word]) => word);
      const below = field.kind === "tag" ? () => ({ ...field, kind: "node" as const }) : (word: string) => field.fields[word];
      return Object.fromEntries(children.map(([word, child]) => [word, asObject(below(word) as Field, child)]));
    };
    const field = policyRoute(BUILT_IN_LOOKUPS);
    for (const lines of [[], ...Object.values(EVERY_PATH).map((line) => [line]), ...Object.values(DOCUMENTS)]) {
      const tree = treeOf(lines);
      expect(parseConfig(tree, BUILT_IN_LOOKUPS)).toEqual(z.parse(field.schema(), asObject(field, tree)));
    }
  });

  it.each(Object.entries(EVERY_PATH))("%s is accepted", (_, line) => {
    const { config, issues } = parseConfigTree(treeOf([line]), BUILT_IN_LOOKUPS);
    expect(issues).toEqual([]);
    expect(config).not.toEqual(parse());
  });
});

describe("mistakes of form", () => {
  it.each<[string, string[], string]>([
    ["an unknown node", ["rul 10 disable"], 'policy-route: unknown node "rul" (did you mean "rule"?)'],
    [
      "an unknown node deep down",
      ["rule 10 set uplnk dsl"],
      'policy-route rule 10 set: unknown node "uplnk" (did you mean "uplink"?)',
    ],
    ["nothing near", ["xyzzy 1"], 'policy-route: unknown node "xyzzy"'],
    ["a node of all objects", ["constructor 1"], 'policy-route: unknown node "constructor"'],
    [
      "a TCP flag that is set and not set",
      ["rule 10 tcp flags SYN,!SYN"],
      'policy-route rule 10 tcp flags: "SYN,!SYN" can never match: SYN is set or it is not',
    ],
    ["a length backwards", ["rule 10 packet-length 200-100"], 'policy-route rule 10 packet-length: Range "200-100" is backwards'],
    [
      "an ICMP type that means any to iptables",
      ["rule 10 icmp type 255"],
      'policy-route rule 10 icmp type: ICMP type "255" is reserved and cannot be matched: iptables takes it for any type',
    ],
    [
      "a leaf twice",
      ["backend auto", "backend iptables"],
      'policy-route backend: only one value is possible, not "auto" and "iptables"',
    ],
    ["a leaf without a value", ["backend"], "policy-route backend: needs a value"],
    ["a multi node without a value", ["exempt source"], "policy-route exempt source: needs a value"],
    ["words after a value", ["backend auto now"], 'policy-route backend: nothing can follow the value "auto"'],
    ["a flag with a value", ["disable yes"], 'policy-route disable: takes no value, but "yes" follows'],
    ["a tag without a name", ["rule"], "policy-route rule: needs a name"],
    ["a rule number", ["rule 10000 disable"], 'policy-route rule: Rule number must be between 1 and 9999, not "10000"'],
    ["a word for a number", ["rule-priority high"], 'policy-route rule-priority: "high" must be a number between 1 and 32000'],
    ["a choice", ["backend pf"], 'policy-route backend: "pf" must be auto, iptables or nftables'],
    [
      "a mask of three bits",
      ["mark-mask 7"],
      'policy-route mark-mask: "7" must be 4 to 8 neighbouring bits of the 32 bits of a mark, such as 0x0ff00000',
    ],
    [
      "a mask with a hole",
      ["mark-mask 0x0f0f0000"],
      'policy-route mark-mask: "0x0f0f0000" must be 4 to 8 neighbouring bits of the 32 bits of a mark, such as 0x0ff00000',
    ],
    [
      "a reserved name",
      ["uplink main disable"],
      'policy-route uplink: "main", "local", "default" and "unspec" cannot be uplink names',
    ],
    [
      "a name that is a word of ip route",
      ["uplink all disable"],
      'policy-route uplink: "all" and "cache" cannot be uplink names: "ip route show table" means something else by them',
    ],
    [
      "a table name that is a word of ip route",
      ["uplink a table-name cache"],
      'policy-route uplink a table-name: "all" and "cache" cannot be table names: "ip route show table" means something else by them',
    ],
    [
      "a hook elsewhere",
      ["hook /config/scripts/../../etc/x"],
      'policy-route hook: "/config/scripts/../../etc/x" must be a path under /config/scripts/',
    ],
    [
      "an option as user",
      ["router-access user -oProxyCommand=x"],
      'policy-route router-access user: "-oProxyCommand=x" must be one word that does not begin with "-"',
    ],
    [
      "a port",
      ["rule 1 destination port 80,70000"],
      'policy-route rule 1 destination port: Invalid port "70000" in "80,70000": ports are 1-65535, a range n-m or a name from /etc/services',
    ],
    [
      "a port name",
      ["rule 1 destination port htpt"],
      'policy-route rule 1 destination port: Invalid port "htpt": ports are 1-65535, a range n-m or a name from /etc/services',
    ],
    ["a backward range", ["rule 1 source port 90-80"], 'policy-route rule 1 source port: Port range "90-80" is backwards'],
    [
      "a MAC address",
      ["uplink a gateway-mac 52:54:00"],
      'policy-route uplink a gateway-mac: Invalid MAC address "52:54:00": must be six bytes, like 52:54:00:c2:a5:43',
    ],
    [
      "a backward address range",
      ["rule 1 source address 10.0.0.9-10.0.0.1"],
      'policy-route rule 1 source address: Address range "10.0.0.9-10.0.0.1" is backwards',
    ],
    [
      "a range across families",
      ["rule 1 source address 10.0.0.9-2001:db8::1"],
      'policy-route rule 1 source address: Address range "10.0.0.9-2001:db8::1" mixes IPv4 and IPv6',
    ],
    [
      "a gateway of the other family",
      ["uplink a gateway 2001:db8::1"],
      'policy-route uplink a gateway: "2001:db8::1" must be an IPv4 address, dhcp, ppp or none',
    ],
    [
      "protocol 0",
      ["rule 1 protocol 0"],
      'policy-route rule 1 protocol: Protocol "0" has number 0, which cannot be matched; use "all" for every protocol',
    ],
    [
      "no protocol",
      ["rule 1 protocol !all"],
      'policy-route rule 1 protocol: "!all" can never match; leave protocol out, or negate one protocol',
    ],
    [
      "a table name that is a number",
      ["uplink a table-name 0x20"],
      'policy-route uplink a table-name: "0x20" cannot be a table name: at most 32 letters, digits, "_", "-" and ".", and not a number',
    ],
  ])("%s", (_, lines, message) => {
    expect(errorsOf(lines)).toContain(message);
  });

  it.each(["a;reboot", "$(reboot)", "`reboot`", "a b", "a|b", "-a", "a/b", "a>b", "äöü", "abcdefghijklmnop", ""])(
    "uplink name %j",
    (name) => {
      expect(errorsOf([`uplink '${name}' disable`]).join("\n")).toContain("cannot be the name of an uplink");
    },
  );

  it("shows control characters and long values so that a message stays one short line", () => {
    const tree = { children: new Map([["uplink", { children: new Map([["a\n\u001b[2J", { children: new Map() }]]) }]]) };
    expect(parseConfigTree(tree, BUILT_IN_LOOKUPS).issues[0]?.message).toContain('"a\\x0a\\x1b[2J" cannot be the name');
    expect(errorsOf([`backend ${"x".repeat(1_000_000)}`])[0]?.length).toBeLessThan(200);
  });

  it("are all reported at once, with what spans nodes, and none twice", () => {
    expect(
      errorsOf([
        "uplink dsl interface eth/1",
        "rule 10 protocol tpc",
        "rule 10 destination port 80,70000",
        "rule 10 set uplink dls",
        "rule 20 destination address 10.0.0.0/33",
        "rule 20 set table 201",
      ]),
    ).toEqual([
      'policy-route rule 10: uplink "dls" is not configured (did you mean "dsl"?)',
      'policy-route rule 10 destination port: Invalid port "70000" in "80,70000": ports are 1-65535, a range n-m or a name from /etc/services',
      'policy-route rule 10 protocol: "tpc" must be a protocol number 1-255, a name from /etc/protocols, tcp_udp or all',
      "policy-route rule 20: table 201 belongs to load-balancing wan; use 1-200 or 256 and up",
      'policy-route rule 20 destination address: "10.0.0.0/33" must be an address, a network such as 192.0.2.0/24 or a range of addresses, with "!" before it to negate',
      'policy-route uplink dsl interface: "eth/1" is not an interface name: at most 15 letters, digits, "_", "-" and "."',
    ]);
  });
});
