import { expect, test } from "vitest";
import { inNamespace } from "../support/namespace.ts";

/** The script of docs/import.md, for the addresses of the namespace. */
const SCRIPT = `WAN=eth1; LAN=eth0
localnet=$(ip addr list $LAN | grep 'inet ' | awk '{print $2}')
ip route add default via 198.51.100.1 dev $WAN table 20
ip rule add fwmark 1 table 20
ip rule add from 198.51.100.2 table 20
iptables -t mangle -A PREROUTING -d 192.168.0.0/16 -j ACCEPT
for port in 80 443; do iptables -t mangle -A PREROUTING -s $localnet -p tcp --dport $port -j MARK --set-mark 1; done
`;

test("what is imported on this machine can be committed and steers", { timeout: 60_000 }, () =>
  inNamespace("iptables-nft", async (router) => {
    // A gateway on eth2 whose interface the dump does not say, and what the kernel itself prints.
    const run = async (...argv: string[]) => {
      const { exitCode, stdout, stderr } = await router.program(argv);
      expect({ argv, exitCode, stderr }).toEqual({ argv, exitCode: 0, stderr: "" });
      return stdout;
    };
    await router.exec(["sh", "-euc", "cat > /run/pr/steer.sh"], { stdin: SCRIPT });
    await router.sh(
      "sh -e /run/pr/steer.sh; iptables-save > /run/pr/save; ip rule > /run/pr/rule; ip route show table all > /run/pr/route",
    );
    const fromScript = await run("import", "/run/pr/steer.sh");
    const fromDump = await run("import", "/run/pr/save", "/run/pr/rule", "/run/pr/route");
    const commands = (text: string): string[] => text.split("\n").filter((line) => line.startsWith("set "));
    // The dump holds the network as a number, and no name for what the script asked the interface.
    const network = "source address 192.168.188.0/24";
    expect(commands(fromDump).sort()).toEqual(
      commands(fromScript)
        .map((line) => line.replace("source interface-network eth0", network))
        .filter((line) => !line.endsWith("family ipv4"))
        .sort(),
    );
    await router.sh("iptables -t mangle -F; ip rule del fwmark 1; ip rule del from 198.51.100.2; ip route flush table 20");
    const piped = await router.exec(["sh", "-euc", "cat > /run/pr/script"], { stdin: `${fromScript}commit\n` });
    expect(piped.exitCode).toBe(0);
    const { exitCode, stderr } = await router.program(["configure", "--script", "/run/pr/script"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(await run("show", "rule")).toMatch(/^10 +forwarded +IPv4 tcp dport 80,443 .*uplink eth1 +eth1/m);
    expect(await router.sh("ip -4 rule")).toMatch(/from 198\.51\.100\.2 lookup 20 /);
    const missing = await router.program(["import", "/run/pr/nothing"]);
    expect({ ...missing, signal: undefined }).toMatchObject({ exitCode: 2, stdout: "" });
    expect(missing.stderr).toBe("cannot read /run/pr/nothing: there is no such file\n");
    const folder = await router.program(["import", "/run/pr"]);
    expect([folder.exitCode, folder.stderr.includes("Bug")]).toEqual([2, false]);
    const empty = await router.program(["import", "/dev/null"]);
    expect([empty.exitCode, empty.stderr.split("\n")[0]]).toEqual([
      1,
      "nothing in /dev/null becomes a policy-route command. It looks for",
    ]);
    const stdin = await router.exec([
      "sh",
      "-euc",
      'exec "$0" "$@" < /run/pr/steer.sh',
      process.execPath,
      `${process.cwd()}/dist/bin/policy-route`,
      "import",
      "-",
    ]);
    expect(commands(stdin.stdout)).toEqual(commands(fromScript));
  }),
);
