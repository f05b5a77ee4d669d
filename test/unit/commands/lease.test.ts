import { describe, expect, it } from "vitest";
import { run } from "../../../src/commands/lease.ts";
import { pathsBelow } from "../../../src/paths.ts";
import { parseRecord } from "../../../src/uplink/lease-record.ts";
import { BOUND, NOW } from "../uplink/dhclient-bound.ts";
import { memoryHost } from "../uplink/memory-host.ts";

const RECORD = "/run/policy-route/leases/eth1.dhcp-hook.ipv4.json";
const APPLIED = { "/run/policy-route/applied.config": "set 'policy-route' 'uplink' 'dsl' 'interface' 'eth1'\n" };
const renew = { ...BOUND, reason: "RENEW" };

/** A router with files; `call` runs the command and gives its exit code and the reasons it reconciled for. */
function router(files: Record<string, string>, failure?: Error) {
  const logged: string[] = [];
  const memory = memoryHost(files, {}, NOW);
  const host = {
    ...memory.host,
    run: async (argv: readonly string[]) => {
      expect(argv.slice(0, 6)).toEqual(["logger", "-t", "policy-route", "-p", "daemon.warning", "--"]);
      logged.push(argv[6] ?? "");
      return { exitCode: 127, stdout: "", stderr: "" };
    },
  };
  const call = async (words: readonly string[], env: Record<string, string> = {}, failing = failure) => {
    const reasons: string[] = [];
    const context = { host, paths: pathsBelow(""), env, out: () => {}, err: () => {} };
    const exitCode = await run(context, words, async (_, options) => {
      expect(options.allowSsh).toBe(false);
      expect(parseRecord(files[RECORD] ?? "{}")).toBeDefined();
      reasons.push(options.reason);
      if (failing !== undefined) throw failing;
    });
    return { exitCode, reasons };
  };
  return { call, files, logged, writes: memory.writes };
}

describe("policy-route lease dhcp", () => {
  it("records and reconciles, and does neither again for the same lease", async () => {
    const { call, files } = router({ ...APPLIED });
    expect(await call(["dhcp"], BOUND)).toEqual({ exitCode: 0, reasons: ["eth1: gateway 198.51.100.1 (dhcp-hook)"] });
    expect(parseRecord(files[RECORD] ?? "")).toMatchObject({ gateways: ["198.51.100.1"], expires: NOW + 600 });
    expect(await call(["dhcp"], renew)).toEqual({ exitCode: 0, reasons: [] });
    expect((await call(["dhcp"], { ...renew, new_routers: "198.51.100.254" })).reasons).toHaveLength(1);
  });

  it("keeps a later expiry even when nothing else is new", async () => {
    const { call, files } = router({ ...APPLIED });
    await call(["dhcp"], BOUND);
    await call(["dhcp"], { ...renew, new_dhcp_lease_time: "900" });
    expect(parseRecord(files[RECORD] ?? "")?.expires).toBe(NOW + 900);
  });

  it("reconciles when the interface was set up anew: the kernel may have dropped the routes", async () => {
    const { call } = router({ ...APPLIED });
    for (const reason of ["BOUND", "REBOOT", "TIMEOUT", "BOUND"])
      expect((await call(["dhcp"], { ...BOUND, reason })).reasons).toHaveLength(1);
  });

  it("only records while nothing is applied", async () => {
    const { call, files } = router({});
    expect((await call(["dhcp"], BOUND)).reasons).toEqual([]);
    expect(files[RECORD]).toBeDefined();
  });

  it("writes nothing for reasons that tell nothing", async () => {
    const { call, writes } = router({ ...APPLIED });
    for (const reason of ["PREINIT", "NBI", "DEPREF6", ""])
      expect(await call(["dhcp"], { ...BOUND, reason })).toEqual({ exitCode: 0, reasons: [] });
    expect(writes).toEqual([]);
  });

  it("ends well when reconciling fails, says so, and tries again at the next renewal", async () => {
    const { call, logged } = router({ ...APPLIED });
    expect(await call(["dhcp"], BOUND, new Error("ip: no\nsuch device\u001b[31m"))).toMatchObject({ exitCode: 0 });
    expect(logged).toEqual(["eth1: gateway 198.51.100.1 (dhcp-hook): ip: no such device [31m"]);
    expect((await call(["dhcp"], renew)).reasons).toHaveLength(1);
    expect((await call(["dhcp"], renew)).reasons).toHaveLength(0);
  });

  it("logs hostile values quoted, and never uses them", async () => {
    const { call, logged, files } = router({ ...APPLIED });
    expect(await call(["dhcp"], { ...BOUND, interface: "../../etc/x\n" })).toEqual({ exitCode: 0, reasons: [] });
    expect(logged).toEqual(['dhcp: interface name "../../etc/x\\n" is not valid']);
    expect(Object.keys(files)).toEqual(Object.keys(APPLIED));
  });
});

describe("policy-route lease ppp", () => {
  it("follows the session up and down, per family", async () => {
    const { call, files } = router({
      ...APPLIED,
      [RECORD]: JSON.stringify({ interface: "eth1", family: "ipv4", gateways: [], source: "dhcp-hook", at: 1 }),
    });
    const words = ["ppp1", "", "0", "203.0.113.77", "203.0.113.1"];
    expect((await call(["ppp", "up", ...words])).reasons).toEqual(["ppp1: gateway 203.0.113.1 (ppp-hook)"]);
    expect((await call(["ppp", "up", ...words])).reasons).toHaveLength(1);
    expect((await call(["ppp6", "up", "ppp1", "", "0", "fe80::2", "fe80::1"])).reasons).toEqual([
      "ppp1: gateway fe80::1 (ppp-hook)",
    ]);
    expect((await call(["ppp", "down", ...words])).reasons).toEqual(["ppp1: no gateway (ppp-hook)"]);
    expect(parseRecord(files["/run/policy-route/leases/ppp1.ppp-hook.ipv4.json"] ?? "")?.gateways).toEqual([]);
    expect(parseRecord(files["/run/policy-route/leases/ppp1.ppp-hook.ipv6.json"] ?? "")?.gateways).toEqual(["fe80::1"]);
  });

  it.each([[[]], [["ppp"]], [["ppp", "sideways"]], [["dhcp", "more"]], [["slip", "up"]]])(
    "%j is a usage error",
    async (words) => {
      expect(await router({}).call(words)).toEqual({ exitCode: 1, reasons: [] });
    },
  );
});
