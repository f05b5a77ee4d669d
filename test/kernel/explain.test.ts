import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { JSON_FORMATS } from "../../src/show/json-formats.ts";
import { FRONT_ENDS } from "../support/front-end.ts";
import { labFile } from "../support/lab-file.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";

const DOCUMENT = labFile("docs/explain.md");

/** A block of the document that begins with a prompt: commands, each with what it prints. */
const BLOCK = /```\n(\$ policy-route explain[^`]*)```\n/g;

describe.each(FRONT_ENDS)("explain (%s)", (frontEnd) => {
  const document = readFileSync(DOCUMENT, "utf8");
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh(`ip neigh add 203.0.113.1 lladdr 02:00:00:00:00:01 dev eth2 nud permanent
sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`);
    const config = [...document.matchAll(/^set policy-route (.+)$/gm)].map(([, line = ""]) => line);
    expect(await router.apply(config)).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => router?.stop());

  const explain = async (words: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await router.program(["explain", ...words.split(" ")]);
    expect({ words, exitCode, stderr }).toEqual({ words, exitCode: 0, stderr: "" });
    return stdout;
  };
  const WEB = "source 192.168.188.7 destination 192.0.2.9 protocol tcp source-port 1024 destination-port 443 inbound eth0";

  /** Writes the document anew with UPDATE=1. */
  test("the examples of docs/explain.md", async () => {
    let said = document;
    for (const [, block = ""] of document.matchAll(BLOCK)) {
      const commands = [...block.matchAll(/^\$ policy-route explain (.+)$/gm)].map(([, words = ""]) => words);
      const outputs = await Promise.all(
        commands.map(async (words) => `$ policy-route explain ${words}\n${await explain(words)}`),
      );
      said = said.replace(block, () => outputs.join("\n"));
    }
    if (process.env["UPDATE"] === "1") writeFileSync(DOCUMENT, said);
    expect(said).toBe(process.env["UPDATE"] === "1" ? said : document);
  });

  test("as show, with the router's own words before it, and as JSON", async () => {
    const text = await explain(WEB);
    const show = await router.program(["show", "explain", ...WEB.split(" ")]);
    expect(show.stdout).toBe(text);
    expect(await explain(`show policy-route explain ${WEB}`)).toBe(text);
    const json = JSON.parse(await explain(`${WEB} --json`)) as Record<string, unknown>;
    z.parse(JSON_FORMATS.explain, json);
    for (const words of [
      "source 192.168.188.1 destination 192.0.2.9 user 1000",
      "source 192.0.2.9 destination 192.168.188.7 inbound eth2",
    ])
      z.parse(JSON_FORMATS.explain, JSON.parse(await explain(`${words} --json`)));
    expect(json).toMatchObject({
      version: 1,
      decidedBy: "rule 10",
      target: "group web",
      end: { to: "uplinks", ways: ["dsl"] },
      leaves: [{ uplink: "dsl", interface: "eth2", gateway: "203.0.113.1" }],
      sourceNat: "masquerade",
      kernel: { agrees: true, disagreements: [] },
      ifFails: [{ uplink: "dsl", end: { to: "main" } }],
    });
  });

  test("an operator who may not read the kernel's rules is told the same, but for the tables", async () => {
    await router.sh(`cp -r ${labFile("dist")} /run/pr/dist`);
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", process.execPath];
    const words = [...nobody, "/run/pr/dist/bin/policy-route", "--root", ROOT, "explain", ...WEB.split(" ")];
    const { exitCode, stdout } = await router.exec(words);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("MATCH: tcp, source in ");
    expect(stdout).toContain("\n=> leaves eth2 to 203.0.113.1\n   Kernel agrees");
    expect(stdout).not.toContain("the kernel has no ip rule");
  });

  test("main's way: who installed it, and that it is the line that fails", async () => {
    const own = "source 192.168.188.1 destination 192.0.2.9 user 1000";
    await router.sh("ip route replace default via 198.51.100.1 dev eth1 proto bgp");
    expect(await explain(own)).toContain("\n   If dsl fails: if-down main: table main, eth1 via 198.51.100.1 (BGP)\n");
    await router.sh("ip route replace default via 203.0.113.1 dev eth2 proto static");
    expect((await explain(own)).replace(/\s+/g, " ")).toContain(
      "If dsl fails: if-down main: table main, eth2 via 203.0.113.1 (static) now: the same line Hint",
    );
    expect(JSON.parse(await explain(`${own} --json`))).toMatchObject({
      kernel: { main: "eth2 via 203.0.113.1", mainBy: "static" },
    });
    await router.sh("ip route replace default via 198.51.100.1 dev eth1");
  });

  test("a foreign ip rule in front of ours is a disagreement, which is shown", async () => {
    await router.sh("ip route add default via 198.51.100.1 table 50; ip rule add preference 100 lookup 50");
    expect(await explain(WEB)).toContain(
      "   THE KERNEL DISAGREES: the configuration means eth2 via 203.0.113.1, the\n      kernel says eth1 via 198.51.100.1\n",
    );
    await router.sh("ip rule del preference 100; ip route flush table 50");
    expect(await explain(WEB)).toContain("   Kernel agrees (ip route get ... mark ");
  });

  test("a tracked connection of these ends is told of, and when it goes another way", async () => {
    const mark = /mark +(0x[0-9a-f]{8})\//.exec(await explain("source 192.168.188.1 destination 192.0.2.9 user 1000"))?.[1];
    const member = /member web dsl/;
    const insert = (value: string | undefined): Promise<string> =>
      router.sh(
        `conntrack -F 2>/dev/null; conntrack -I -p tcp -s 192.168.188.7 -d 192.0.2.9 --sport 1024 --dport 443 --state ESTABLISHED -t 100 -m ${value} 2>/dev/null`,
      );
    await insert(mark);
    const other = await explain(WEB);
    expect(other).toMatch(
      /Tracked now: tcp 192.168.188.7 port 1024 -> 192.0.2.9 port 443, mark\s+0x\d+:\s+it has the mark of uplink dsl;\s+IT GOES ANOTHER WAY/,
    );
    expect(other).not.toMatch(member);
    const { slots } = JSON.parse(await router.sh("cat /run/pr/root/run/policy-route/state.json")) as {
      slots: Record<string, number>;
    };
    await insert(`0x${((slots["member web dsl"] ?? 0) << 20).toString(16)}`);
    expect(await explain(WEB)).toMatch(/it has the mark of\s+member web dsl;\s+as\s+above/);
    await router.sh("conntrack -F 2>/dev/null");
  });

  test("everything that is wrong with the question at once", async () => {
    const words = "source 1 destination 2001:db8::1 protocol tpc source-port 99999 inbund eth0 user";
    const { exitCode, stdout, stderr } = await router.program(["explain", ...words.split(" ")]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr.split("\n").slice(0, 5)).toEqual([
      '"inbund" is not something that can be said of a packet (did you mean "inbound"?)',
      "user needs a value",
      'source: "1" must be an address',
      'protocol: "tpc" must be one protocol: a number 1-255 or a name from /etc/protocols',
      'source-port: "99999" must be one port: 1-65535 or a name from /etc/services',
    ]);
  });
});
