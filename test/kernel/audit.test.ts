import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { labFile } from "../support/lab-file.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { difference, readState } from "../support/namespace-state.ts";

const US = [
  "set policy-route uplink dsl interface eth1",
  "set policy-route uplink dsl gateway 198.51.100.1",
  "set policy-route rule 10 inbound-interface eth0",
  "set policy-route rule 10 set uplink dsl",
];

/** What the programs themselves leave in the kernel (platform/wan-load-balancing.md section 4). */
const NEIGHBOURS = `
ip rule add pref 100 fwmark 0x7fffff9b lookup 100
ip rule add pref 5210 fwmark 0x80000/0xff0000 lookup main
ip rule add pref 5270 lookup 52
ip rule add pref 650 to 10.97.0.0/16 lookup 2001
iptables -t mangle -N mine
iptables -t mangle -A mine -j CONNMARK --set-mark 0x1
iptables -t mangle -A FORWARD -j mine
nft 'table inet fw { chain last { meta mark set 0x00100000; }; chain pre { type filter hook prerouting priority -200; policy accept; jump last; }; }'
`;

describe.each(FRONT_ENDS)("beside others who use marks (%s)", (frontEnd) => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh(`${NEIGHBOURS}\ncp -r ${labFile("dist")} /run/pr/dist`);
  });
  afterAll(() => router?.stop());

  async function apply(...lines: string[]) {
    const own = [`set policy-route backend ${frontEnd === "nftables" ? "nftables" : "iptables"}`, ...US, ...lines];
    await router.exec(["sh", "-c", "cat > /run/pr/router.set"], { stdin: `${own.join("\n")}\n` });
    return await router.program(["apply", "--config", "/run/pr/router.set"]);
  }

  test("tables and preferences that are taken, by the kernel and by the configuration: refused all at once, nothing touched", async () => {
    const before = await readState(router);
    const { exitCode, stdout, stderr } = await apply(
      "set policy-route uplink dsl table 100",
      "set policy-route uplink two interface eth2",
      "set policy-route uplink two gateway 203.0.113.1",
      "set policy-route uplink two table 300",
      "set policy-route rule-priority 5200",
      "set vrf name red table 300",
    );
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `policy-route uplink dsl: table 100 belongs to policy route (ip rule 100: fwmark 0x7fffff9b/0xffffffff lookup 100); use another, such as 2001
policy-route uplink two: table 300 belongs to VRF (vrf name red table 300); use another, such as 2002
policy-route rule-priority: 5200 takes the ip rule preferences 5200-5310, of which 5270 belongs to Tailscale (ip rule 5270: lookup 52); use another, such as 600
`,
    });
    expect(difference(before, await readState(router))).toEqual([]);
  });

  test("marks: the commit goes on, and says which packets", async () => {
    const { exitCode, stderr } = await apply("set policy-route uplink dsl mark 1", "set policy local-route rule 40 set table 77");
    expect(exitCode).toBe(0);
    expect(stderr.split("\n").filter((line) => line.includes("mark-mask"))).toEqual([
      "Warning: policy-route mark-mask: mangle mine writes 0x00000001/0xffffffff into the mark of connections: connections that come there forget " +
        "their uplink, and their later packets are not steered; it has to leave the bits 0x0ff00000 alone",
      "Warning: policy-route mark-mask: inet fw writes 0x00100000/0xffffffff into the mark of packets: that is the mark of " +
        "uplink dsl, so packets that no rule steers go its way too; one of the two has to take another mark",
      expect.stringMatching(/^Warning: policy-route mark-mask: 0x0ff00000 shares the bits 0x00f00000 with Tailscale /),
    ]);
  });

  test("show marks has all of it, for root and for a plain operator, as text and as JSON", async () => {
    const nobody = [
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      "/run/pr/dist/bin/policy-route",
    ];
    const live = (await router.program(["show", "marks"])).stdout;
    const saved = (await router.exec([...nobody, "--root", ROOT, "show", "marks"])).stdout;
    for (const text of [live, saved]) {
      expect(text).toMatch(/^ {3}1 {2}0x00100000 {2}uplink dsl {2}dsl \(2001\)$/m);
      expect(text).toMatch(/^policy local-route +configuration +policy local-route rule 40 set table 77$/m);
      expect(text).toMatch(/^policy route +kernel +ip rule 100: /m);
      expect(text).toMatch(/^unknown +kernel +ip rule 650: to 10\.97\.0\.0\/16 lookup 2001$/m);
      expect(text.match(/^- warning: /gm)).toHaveLength(3);
    }
    expect(saved).toMatch(/^Policy routing: active, .*\nOnly root can read/);
    const { marks } = JSON.parse((await router.program(["show", "marks", "--json"])).stdout);
    expect(marks.others).toContainEqual({
      user: "Tailscale",
      in: "kernel",
      seen: "ip rule 5210: fwmark 0x00080000/0x00ff0000 lookup 254",
      preference: 5210,
      mark: "0x00080000/0x00ff0000",
    });
  });

  test("who comes after the commit is shown as a collision; an event goes on, only the next commit is refused", async () => {
    await router.sh("ip rule add pref 10 fwmark 0x7ffff82e lookup 2001");
    expect((await router.program(["show", "marks"])).stdout).toMatch(
      /^- refused: policy-route uplink dsl: table 2001, its default,/m,
    );
    expect(await router.program(["restart"])).toMatchObject({ exitCode: 0 });
    expect(await apply()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("table 2001, its default, belongs to") });
    await router.sh("ip rule del pref 10");
    expect(await apply()).toMatchObject({ exitCode: 0 });
  });
});
