import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IPTABLES, iptablesOf } from "../support/front-end.ts";
import { labFile } from "../support/lab-file.ts";
import type { Result } from "../support/lab-world.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";

/** The seed's router with a fixed gateway: `show` and `plan` of the built program against a real kernel. */
const CONFIG = [
  "exempt destination 192.168.0.0/16",
  "uplink dsl interface eth1",
  "uplink dsl gateway 198.51.100.1",
  "uplink dsl table 20",
  "uplink dsl table-name 510sg",
  "uplink dsl mark 20",
  "uplink dsl if-down prohibit",
  "uplink two interface eth2",
  "uplink two gateway 203.0.113.1",
  "rule 10 source interface-network eth0",
  "rule 10 protocol tcp",
  "rule 10 destination port 143,80,443,8000",
  "rule 10 set uplink dsl",
  "rule 20 traffic local",
  "rule 20 protocol udp",
  "rule 20 destination port 4000",
  "rule 20 set uplink two",
];

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

describe.each(IPTABLES)("show and plan (%s)", (frontEnd) => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh("ip neigh add 203.0.113.1 lladdr 02:00:00:00:00:01 dev eth2 nud permanent");
    // Where everybody can read it, wherever this project is.
    await router.sh(`cp -r ${labFile("dist")} /run/pr/dist`);
  });
  afterAll(() => router?.stop());

  const fine = async (...argv: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await router.program(argv);
    expect({ argv, exitCode, stderr }).toEqual({ argv, exitCode: 0, stderr: "" });
    return stdout;
  };
  const asNobody = (...argv: string[]): Promise<Result> =>
    router.exec([...NOBODY, process.execPath, "/run/pr/dist/bin/policy-route", "--root", ROOT, ...argv]);

  test("not configured: a friendly line, for everybody", async () => {
    expect(await fine("show")).toBe("Policy routing is not configured\n");
    expect(await fine("show", "rule", "10")).toBe("Policy routing is not configured\n");
    expect(await fine("plan", "--check")).toBe("nothing to do\n");
    expect(JSON.parse(await fine("show", "--json"))).toMatchObject({ version: 1, state: "not-configured", stepsToDo: 0 });
    expect((await asNobody("show")).stdout).toBe("Policy routing is not configured\n");
  });

  test("in sync", async () => {
    expect(await router.apply(CONFIG)).toMatchObject({ exitCode: 0 });
    const overview = await fine("show");
    expect(overview).toMatch(
      new RegExp(`^Policy routing: active, in sync, backend iptables \\(${iptablesOf(frontEnd)} front end\\)\n`),
    );
    expect(overview).toMatch(/^dsl +eth1 +up +00:0\d:\d\d +198\.51\.100\.1 +510sg \(20\) +0x01400000\n +\(config\)$/m);
    expect(overview).toMatch(/^10 +forwarded +tcp dport .* uplink dsl +dsl +0$/m);
    expect(await fine("plan", "--check")).toBe("nothing to do\n");
    expect(await fine("show", "plan")).toBe("nothing to do\n");
    expect(await fine("show", "table", "dsl")).toMatch(/^ {2}ipv4 {2}default via 198\.51\.100\.1 dev eth1 src 198\.51\.100\.2$/m);
    expect(await fine("show", "table")).not.toMatch(/^[-+?] /m);
    expect(await fine("show", "json")).toBe(await fine("show", "--json"));
  });

  test("counts new connections where they match, and connections of an uplink", async () => {
    // Two packets of one connection, then another connection. Nobody answers; sending is what counts.
    await router.sh(`for port in 5001 5001 5002; do echo x | socat -u - udp4-sendto:192.0.2.9:4000,sourceport=$port; done`);
    const { rules } = JSON.parse(await fine("show", "rule", "20", "--json"));
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({ number: "20", newConnections: 2 });
    // The line is the same in both families, and so is its hash.
    expect(rules[0].now).toEqual({ ipv4: { to: "uplink", uplink: "two" }, ipv6: { to: "main" } });
    expect(rules[0].lines.map((line: { family: string; packets: number }) => [line.family, line.packets])).toEqual([
      ["ipv4", 2],
      ["ipv6", 0],
    ]);
    expect(await fine("show")).toMatch(/^20 +local +udp dport .* two +2\n.* IPv6: main$/m);
    expect(await fine("show", "uplink", "two")).toMatch(/^ {2}Connections +2$/m);
    expect(await fine("show", "uplink", "dsl")).toMatch(/^ {2}Connections +0$/m);
  });

  test("the picture: SVG printed and into a file, text in the characters of the locale", async () => {
    const made = /policy-route diagram, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/;
    const svg = await fine("diagram");
    expect(svg).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg [\s\S]*<\/svg>\n$/);
    expect(svg).toContain(">IPv6 now, all if it fails: main table</text>");
    expect(await fine("diagram", "--output", "/run/pr/picture.svg")).toBe("");
    expect((await router.sh("cat /run/pr/picture.svg")).replace(made, "")).toBe(svg.replace(made, ""));
    const text = await fine("show", "diagram");
    expect(text).toContain(
      "  `==> uplink two: up\n      |==> eth2 via 203.0.113.1 (config)\n      `==> IPv6 now, all if it fails: main table\n",
    );
    expect(await fine("diagram", "--text")).toBe(text);
    const utf8 = await router.exec([process.execPath, labFile("dist/bin/policy-route"), "--root", ROOT, "show", "diagram"], {
      env: { LC_ALL: "C.UTF-8" },
    });
    expect(utf8.stdout).toContain("  └━━► uplink two: up\n");
    expect((await asNobody("diagram", "--text")).stdout).toContain("Only root can read the kernel's rules.");
    expect(await router.program(["diagram", "--output", "/run/pr/none/x.svg"])).toMatchObject({
      exitCode: 2,
      stderr: "cannot write /run/pr/none/x.svg: there is no such folder\n",
    });
    expect((await router.program(["show", "diagram", "more"])).exitCode).toBe(1);
  });

  test("carrier lost: the rule goes where the kill switch says, and everybody else's way is as it was", async () => {
    await router.sh("ip link set p1 down");
    const { uplinks, rules } = JSON.parse(await fine("show", "json"));
    expect(uplinks[0]).toMatchObject({ name: "dsl", state: "down", link: "no-carrier", why: "interface eth1 has no carrier" });
    expect(rules[0].now).toMatchObject({ ipv4: { to: "prohibit" } });
    expect(rules[1].now).toMatchObject({ ipv4: { to: "uplink", uplink: "two" } });
    expect(await fine("show")).toContain("Problems\n- policy-route uplink dsl: down, interface eth1 has no carrier\n");
    await router.sh("ip link set p1 up");
  });

  test("drift: told in every view, planned, and gone after restart", async () => {
    await router.sh(`
      ip route del default table 20
      ip route add 10.9.0.0/16 via 198.51.100.77 table 20
      ip route add 10.8.0.0/16 via 198.51.100.77 table 20 proto 157
      iptables -t mangle -D POLICY_ROUTE_FWD 2`);
    expect(await fine("show")).toMatch(/^Policy routing: active, not in sync: \d+ steps to do, see "show policy-route plan"\n/);
    expect(await fine("show", "rule")).toMatch(/^10 .* not applied/m);
    expect(await fine("show", "rule", "10")).toMatch(/-j POLICY_ROUTE_T_20 {2}MISSING$/m);
    const table = await fine("show", "table", "510sg");
    expect(table).toMatch(/^- ipv4 {2}default via 198\.51\.100\.1 dev eth1/m);
    expect(table).toMatch(/^\+ ipv4 {2}10\.8\.0\.0\/16 via 198\.51\.100\.77/m);
    expect(table).toMatch(/^\? ipv4 {2}10\.9\.0\.0\/16 via 198\.51\.100\.77/m);

    const check = await router.program(["plan", "--check"]);
    expect(check.exitCode).toBe(3);
    expect(check.stdout).toContain("route add default via 198.51.100.1 dev eth1");
    const json = await router.program(["plan", "--check", "--json"]);
    expect(json.exitCode).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, inSync: false });
    expect((await router.program(["plan"])).exitCode).toBe(0);

    expect(await router.run(["restart"])).toMatchObject({ exitCode: 0 });
    expect(await fine("plan", "--check")).toBe("nothing to do\n");
    expect(await fine("show", "table", "dsl")).toMatch(/^\? ipv4 {2}10\.9\.0\.0\/16/m);
    await router.sh("ip route del 10.9.0.0/16 table 20");
  });

  test("plan for a file changes nothing and knows its mistakes", async () => {
    const file = "/run/pr/other.set";
    await router.sh(
      `printf '%s\\n' ${CONFIG.filter((line) => !line.startsWith("rule 20"))
        .map((line) => `'set policy-route ${line}'`)
        .join(" ")} > ${file}`,
    );
    const planned = await router.program(["plan", "--config", file, "--check"]);
    expect(planned.exitCode).toBe(3);
    expect(planned.stdout).toContain("switch chains (ipv4)");
    await router.sh(`echo 'set policy-route rule 30 set uplink dls' >> ${file}`);
    const refused = await router.program(["plan", "--config", file]);
    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toContain('policy-route rule 30: uplink "dls" is not configured (did you mean "dsl"?)');
    expect(await fine("plan", "--check")).toBe("nothing to do\n");
  });

  test("a plain operator sees what was saved, and that it is that", async () => {
    const { exitCode, stdout, stderr } = await asNobody("show");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^Policy routing: active, backend iptables\nOnly root can read the kernel's rules\. .* UTC\.\n/);
    expect(stdout).toMatch(/^dsl +eth1 +up +00:0\d:\d\d +198\.51\.100\.1 +510sg \(20\)/m);
    expect(stdout).toMatch(/^20 +local .* two +-$/m);
    const plan = await asNobody("plan");
    expect(plan.exitCode).toBe(2);
    expect(plan.stderr).toContain("only root");
  });

  test("every view is there for a plain operator, but for those that need root, which say so", async () => {
    for (const view of [
      ["uplink"],
      ["uplink", "dsl"],
      ["group"],
      ["rule"],
      ["table"],
      ["marks"],
      ["events"],
      ["log"],
      ["metrics"],
    ]) {
      const { exitCode, stderr } = await asNobody("show", ...view);
      expect({ view, exitCode, stderr }).toEqual({ view, exitCode: 0, stderr: "" });
    }
    expect((await asNobody("show", "uplink")).stdout).toMatch(/^dsl +eth1 +up .* - +\S+ \S+ +\S+ \S+$/m);
    for (const words of [
      ["show", "connections"],
      ["force", "uplink", "dsl", "down"],
      ["what-if", "uplink", "dsl", "down"],
      ["configure"],
      ["restart"],
    ]) {
      const { exitCode, stderr } = await asNobody(...words);
      expect({ words, exitCode, stderr }).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/^policy-route: this has to be done as root, with sudo\n\S/),
      });
    }
  });

  test("a folder that cannot be read or written as a file does not end a session", async () => {
    await router.sh("printf 'set policy-route rule 40 set uplink dsl\\nsave /etc\\n' > /run/pr/lines");
    const { exitCode, stderr } = await router.program(["configure", "--script", "/run/pr/lines"]);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr:
        'cannot read /etc: it is a folder\n/run/pr/lines, line 2: "save /etc" failed; the rest was not run, nothing was committed\n',
    });
  });

  test("mistakes of the operator", async () => {
    for (const [argv, message] of [
      [["show", "uplink", "dls"], 'uplink "dls" is not configured (did you mean "dsl"?)'],
      [["show", "rule", "11"], 'rule "11" is not configured'],
      [["test", "uplink", "dsl"], 'uplink dsl has no probes: set "uplink dsl health target"'],
      [["show", "uplnk"], 'cannot show "uplnk" (did you mean "uplink"?)'],
      [["show", "plan", "x"], '"show plan" takes no further word'],
    ] as const) {
      const { exitCode, stdout, stderr } = await router.program(argv);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain(message);
    }
  });

  test("disabled: everything is out of the kernel, and show says so", async () => {
    expect(await router.apply([...CONFIG, "disable"])).toMatchObject({ exitCode: 0 });
    expect(await fine("show")).toMatch(/^Policy routing: disabled, in sync\n/);
    expect(await fine("show", "table")).toMatch(/\n {2}no routes\n/);
  });
});
