import { afterAll, beforeAll, expect, test } from "vitest";
import { type Namespace, openNamespace } from "../support/namespace.ts";
import { difference, readState, type State } from "../support/namespace-state.ts";
import { reach } from "./reach.ts";
import { A } from "./transitions.ts";

let router: Namespace;
let old: State;
let stamps: string;

/** Every file with its time of change: a file written with the same words counts as written. */
const STAMPS = "find /run/pr/root -type f ! -name lock -printf '%p %T@ %i\\n' | sort";

beforeAll(async () => {
  router = await openNamespace("iptables-nft");
  await reach(router, A);
  old = await readState(router);
  stamps = await router.sh(STAMPS);
});
afterAll(() => router?.stop());

/** `apply --config` with a file of these bytes: refused with exit 1, nothing changed, nothing written. Gives what it said. */
async function refused(bytes: string | Buffer): Promise<string> {
  const file = "/run/pr/bad";
  await router.exec(["sh", "-euc", `base64 -d > ${file}`], { stdin: Buffer.from(bytes).toString("base64") });
  const { exitCode, stdout, stderr } = await router.program(["apply", "--config", file]);
  expect(difference(old, await readState(router))).toEqual([]);
  expect(await router.sh(STAMPS)).toBe(stamps);
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 1, stdout: "" });
  expect(stderr).not.toContain("Bug:");
  return stderr;
}

const lines = (...words: string[]) => words.map((word) => `set policy-route ${word}\n`).join("");
const OK = lines("uplink ok interface eth1", "uplink ok gateway 198.51.100.1");

test.each([
  ["an unknown uplink", "rule 20 set uplink oc", 'policy-route rule 20: uplink "oc" is not configured (did you mean "ok"?)'],
  ["a missing interface", "uplink dsl interface eth9", "policy-route uplink dsl: interface eth9 does not exist"],
  ["a quote in a text", 'description "Bob\'s line"', 'policy-route description: "Bob\'s line" must be without quotes'],
  ["no interface at all", "uplink dsl gateway 203.0.113.1", "policy-route uplink dsl: interface must be set"],
  [
    "a gateway elsewhere",
    "uplink ok gateway 10.9.9.1",
    'uplink ok: gateway 10.9.9.1 is not in a network of eth1; add "onlink" if that is meant',
  ],
  ["our own address as gateway", "uplink ok gateway 203.0.113.2", "uplink ok: gateway 203.0.113.2 is an address of this router"],
  [
    "ports without a protocol",
    "rule 20 destination port 80",
    "policy-route rule 20: port needs protocol tcp, udp, tcp_udp, sctp, dccp or udplite",
  ],
  ["port 70000", "rule 20 destination port 80,70000", 'Invalid port "70000" in "80,70000": ports are 1-65535'],
  ["a reversed range", "rule 20 destination port 90-80", 'Port range "90-80" is backwards'],
  [
    "a reserved table",
    "uplink ok table 254",
    'policy-route uplink ok: table 254 is the kernel\'s table "main"; use 1-200 or 256 and up',
  ],
  [
    "a table of load balancing",
    "uplink ok table 201",
    "uplink ok: table 201 belongs to load-balancing wan; use 1-200 or 256 and up",
  ],
  ["a mark outside the mask", "uplink ok mark 127", "127"],
  ["an action that is not there", "rule 20 action accept", "accept"],
  ["a node that is not there", "rule 20 protcol tcp", "protcol"],
  ["a user that is not there", "rule 20 user mldonky", 'policy-route rule 20: user "mldonky" does not exist'],
  ["a group that is not there", "rule 20 source group address-group LAN", 'firewall address-group "LAN" does not exist'],
  ["rule 0", "rule 0 set uplink ok", "Rule number must be between 1 and 9999"],
])("%s", async (_, line, message) => {
  const replaced = OK.split("\n")
    .filter((old) => !line.startsWith("uplink ok gateway") || !old.includes("ok gateway"))
    .join("\n");
  expect(await refused(`${replaced}${lines(line)}`)).toContain(message);
});

test("families that cannot meet", async () => {
  const text = lines("rule 20 source address 10.0.0.0/8", "rule 20 destination address 2001:db8::/32", "rule 20 set uplink ok");
  expect(await refused(OK + text)).toContain(
    "policy-route rule 20: source is IPv4 but destination is IPv6: the rule can never match",
  );
});

test("one table, one mark for two uplinks", async () => {
  const two = lines("uplink b interface eth2", "uplink b gateway 203.0.113.1", "uplink b table 20", "uplink b mark 2");
  const said = await refused(`${OK}${two}${lines("uplink ok table 20", "uplink ok mark 2")}`);
  expect(said).toContain("both use table 20");
  expect(said).toContain("both use mark 2");
});

test("a table that is another uplink's default by its mark", async () => {
  const two = lines("uplink b interface eth2", "uplink b gateway 203.0.113.1", "uplink b table 2002");
  expect(await refused(`${OK}${two}${lines("uplink ok mark 2")}`)).toContain(
    "policy-route uplink b and ok: both use table 2002; ok by default (mark 2), set its table",
  );
});

test("200 uplinks", async () => {
  const many = Array.from({ length: 200 }, (_, i) =>
    lines(`uplink u${i} interface eth1`, `uplink u${i} gateway 198.51.100.${1 + (i % 200 === 1 ? 2 : 0)}`),
  );
  expect(await refused(many.join(""))).toContain(
    "policy-route: 200 uplinks, groups and group members do not fit into mark-mask 0x0ff00000 (126)",
  );
});

test("all mistakes at once, each on its line with its path", async () => {
  const said = await refused(
    OK +
      lines(
        "uplink dsl interface eth9",
        "rule 10 destination port 80",
        "rule 20 set uplink oc",
        "rule 30 dscp 5",
        "rule 40 protcol tcp",
        "uplink ok table 255",
      ),
  );
  const about = ["uplink dsl", "rule 10", "rule 20", "rule 30", "rule 40", "uplink ok"];
  for (const path of about) expect(said.split("\n").filter((line) => line.startsWith(`policy-route ${path}`))).not.toEqual([]);
  expect(said.split("\n").every((line) => line === "" || line.startsWith("policy-route"))).toBe(true);
});

test.each([
  "$(touch /run/pr/pwned)",
  "`touch /run/pr/pwned`",
  "a;touch /run/pr/pwned",
  "a|b",
  "../../etc/passwd",
  "-j",
  "a b",
  "a\nb",
  "ü",
  "__proto__",
  "constructor",
])("the name %j", async (name) => {
  const quoted = `'${name}'`;
  const said = await refused(
    `${lines(`uplink ${quoted} interface eth1`, `uplink ${quoted} gateway 198.51.100.1`, "rule 10 set uplink x")}`,
  );
  expect(said).not.toBe("");
  expect((await router.exec(["ls", "/run/pr/pwned"])).exitCode).not.toBe(0);
});

test.each([
  ["rule 10 inbound-interface", "eth0;reboot"],
  ["uplink ok interface", "$(id)"],
  ["uplink ok table-name", "x\n255 y"],
  ["rule 10 source address", "10.0.0.0/8 -j ACCEPT"],
  ["rule 10 protocol", "tcp --dport 1"],
])("a value of %s that wants to be more", async (path, value) => {
  const said = await refused(`${OK}${lines(`${path} '${value}'`)}`);
  expect(said).not.toBe("");
});

test("a configuration of 1 MB with one mistake in it", async () => {
  const rules = Array.from({ length: 6000 }, (_, i) =>
    lines(
      `rule ${i + 1} protocol tcp`,
      `rule ${i + 1} destination port ${1 + i}`,
      `rule ${i + 1} set uplink ${i === 5432 ? "ko" : "ok"}`,
    ),
  ).join("");
  const text = `${OK}${rules}${lines(`rule 1 description '${"x".repeat(1_100_000 - rules.length)}'`)}`;
  expect(text.length).toBeGreaterThan(1_000_000);
  expect(await refused(text)).toContain('policy-route rule 5433: uplink "ko" is not configured');
});

const BOOT = `interfaces {
    ethernet eth1 {
        address 198.51.100.2/24
    }
}
policy-route {
    uplink ok {
        interface eth1
        gateway 198.51.100.1
    }
    rule 10 {
        protocol tcp
        set {
            uplink ok
        }
    }
}
// vyos-config-version: "system@1"
`;

test("a config.boot cut off anywhere", async () => {
  // Cut inside the version line, the last of the file, nothing of the configuration is missing.
  for (const share of [0.2, 0.45, 0.6, 0.75, 0.85, 0.9]) {
    const said = await refused(BOOT.slice(0, Math.floor(BOOT.length * share)));
    expect(said).toMatch(/\/run\/pr\/bad, line \d+, column \d+: found .+, expected .+/);
  }
});

test("binary junk", async () => {
  const junk = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7919 + (i >> 3) * 31) & 0xff));
  expect(await refused(junk)).toMatch(/\/run\/pr\/bad, line \d+, column \d+: found/);
  expect(
    await refused(
      Buffer.concat([Buffer.from("set policy-route rule 10 description 'a"), Buffer.from([0, 255, 254]), Buffer.from("'\n")]),
    ),
  ).toMatch(/line 1/);
  expect(await refused("")).toContain("/run/pr/bad");
});

test("no file, a folder: exit 2 and the path", async () => {
  for (const file of ["/run/pr/nothing", "/run/pr"]) {
    const { exitCode, stderr } = await router.program(["apply", "--config", file]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(file) });
  }
});
