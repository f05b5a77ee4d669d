import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { run } from "../../../src/commands/import.ts";
import { pathsBelow } from "../../../src/paths.ts";
import { memoryHost } from "../uplink/memory-host.ts";

async function runImport(
  files: Record<string, string>,
  names = Object.keys(files),
): Promise<{ out: string; err: string; exitCode: number }> {
  let [out, err] = ["", ""];
  const { host } = memoryHost(files, { "ip -d -j addr show": { exitCode: 127, stderr: "no ip here" } });
  const exitCode = await run(
    {
      host,
      paths: pathsBelow(""),
      env: {},
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
    },
    names,
  );
  return { out, err, exitCode };
}

it("prints what docs/import.md shows", async () => {
  const page = readFileSync(new URL("../../../docs/import.md", import.meta.url), "utf8");
  const [, script = "", output = ""] =
    /\$ cat steer\.sh\n([\s\S]*?)\$ policy-route import steer\.sh\n([\s\S]*?)```/.exec(page) ?? [];
  expect(script.length).toBeGreaterThan(100);
  expect(await runImport({ "steer.sh": script })).toEqual({ out: output, err: "", exitCode: 0 });
});

it("names the file with each line when there are several", async () => {
  const route = "ip route add default via 198.51.100.1 dev eth1 table 20\nip rule add fwmark 1 table 20\n";
  const { out } = await runImport({ a: route, b: "iptables -t mangle -A FORWARD -j MARK --set-mark 1\n" });
  expect(out).toContain("# b line 1: iptables -t mangle -A FORWARD -j MARK --set-mark 1: the way is chosen before FORWARD");
});

it("leaves out a rule whose value policy-route refuses, so that the others can be committed", async () => {
  const text = `ip route add default via 198.51.100.1 dev eth1 table 20
ip rule add fwmark 1 table 20
iptables -t mangle -A PREROUTING -p tcp --dport nosuchservice -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -p udp -j MARK --set-mark 1`;
  const { out } = await runImport({ "s.sh": text });
  expect(out).toContain("set policy-route rule 10 protocol udp\n");
  expect(out).not.toContain("rule 20");
  expect(out).toMatch(/^# line 3: .*Invalid port "nosuchservice"/m);
});

it("says what it looks for when there is nothing of it, and what is no text", async () => {
  const nothing = runImport({ "a.txt": "Dear diary,\n" });
  await expect(nothing).rejects.toMatchObject({ name: "OperatorError" });
  await expect(nothing).rejects.toThrow(
    /^nothing in a\.txt becomes a policy-route command\. It looks for\n {2}iptables and ip6tables/,
  );
  await expect(runImport({ "a.txt": "" })).rejects.toThrow("nothing in a.txt becomes");
  await expect(runImport({ "a.bin": "ip rule\n\u0000\u0001" })).rejects.toThrow("a.bin is no text: byte 0x00 in line 2");
  await expect(runImport({}, ["missing"])).rejects.toMatchObject({
    name: "HostError",
    message: "cannot read missing: there is no such file",
  });
  await expect(runImport({ "config.boot": "policy {\n    route PBR {\n" })).rejects.toMatchObject({ name: "ConfigSyntaxError" });
});

it("reads what only the page of a script left of its lines", async () => {
  await expect(runImport({ "a.txt": "iptables -t mangle -A PREROUTING -j MARK --set-mark 1\n" })).rejects.toThrow(
    "nothing in a.txt becomes",
  );
});
