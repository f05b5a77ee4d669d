import { beforeAll, expect, test } from "vitest";
import type { Lab } from "../support/lab.ts";
import { type HostName, INTERNET } from "../support/lab-map.ts";
import { describeLab } from "../support/lab-suite.ts";
import { until } from "../support/lab-wait.ts";
import { type Arrival, GROUPS, type Packet, ROWS } from "./match-rows.ts";

const FIRST_PORT = 20_000;

/** Every packet has an address of its own, within the networks of its row: eight of each family. */
interface Sent {
  readonly packet: Packet;
  readonly row: number;
  readonly address: string;
  /** As tcpdump writes where it goes. */
  readonly key: string;
}

/** Rows are told apart by their ports, or by networks of their own. */
const network4 = (row: number) => `203.0.113.${(row % 31) * 8}`;
const network6 = (row: number) => `2001:db8:113:${row + 1}::`;

const SENT: readonly Sent[] = ROWS.flatMap(({ packets }, row) =>
  packets.map((packet, i): Sent => {
    const address =
      packet.family === 4 ? network4(row).replace(/\d+$/, (last) => String(Number(last) + i)) : `${network6(row)}${i + 1}`;
    const portless = packet.raw !== undefined || packet.ping === true;
    return { packet, row, address, key: portless ? address : `${address}.${FIRST_PORT + row}` };
  }),
);

/** `IP a.1 > ADDRESS.PORT: UDP`, `IP6 a > ADDRESS: ICMP6`; of a first fragment in IPv6 `IP6 a > ADDRESS: frag (0|1448) 1 > PORT: UDP`. */
function keyOf(line: string): string | undefined {
  const [, address, port] = / > (\S+): (?:frag \(0\|\d+\) \d+ > (\d+):)?/.exec(line) ?? [];
  return port === undefined ? address : `${address}.${port}`;
}

function command({ packet, row, address }: Sent): string {
  const { family, socat, raw, tcp, bytes, ping, as } = packet;
  if (ping) return `ping -${family} -c 1 -W 1 ${address}`;
  const target = family === 4 ? address : `[${address}]`;
  if (tcp !== undefined) return `printf '${segment(FIRST_PORT + row, tcp)}' | socat -u - IP${family}-SENDTO:${target}:6`;
  if (bytes !== undefined) return `printf '%0${bytes}d' 0 | socat -b 8192 -u - UDP${family}-SENDTO:${target}:${FIRST_PORT + row}`;
  const options = socat === undefined ? "" : `,${socat}`;
  const to =
    raw === undefined ? `UDP${family}-SENDTO:${target}:${FIRST_PORT + row}${options}` : `IP${family}-SENDTO:${target}:${raw[0]}`;
  return `printf '${raw?.[1] ?? "x"}' | ${as === undefined ? "" : `${as} `}socat -u - ${to}`;
}

/** A TCP header without options, for printf(1). Its checksum is wrong: no connection takes it. */
function segment(port: number, flags: string): string {
  const bytes = `4e20${port.toString(16)}000000010000000150${flags}200000000000`;
  return bytes.replace(/../g, (byte) => `\\${Number.parseInt(byte, 16).toString(8).padStart(3, "0")}`);
}

function configuration(mac: string): string {
  const rules = ROWS.flatMap(({ rule, action }, row) =>
    [...rule, action ?? "set uplink dsl"].map((line) => {
      const own = line
        .replace("PORT", line.includes("group") ? "PORT" : String(FIRST_PORT + row))
        .replace("MAC", mac)
        .replace("ADDRESS4", `${network4(row)}/29`)
        .replace("ADDRESS6", `${network6(row)}/64`);
      return `policy-route rule ${row + 1} ${own}`;
    }),
  );
  const uplink = ["interface eth1", "gateway 198.51.100.1", "gateway6 2001:db8:51::1", "track-inbound disable"];
  const lines = [
    ...GROUPS.map((group) => `firewall group ${group}`),
    ...uplink.map((line) => `policy-route uplink dsl ${line}`),
    ...rules,
  ];
  return lines.map((line) => `set ${line}\n`).join("");
}

async function apply(lab: Lab, text: string): Promise<void> {
  const backend = lab.nftables ? "set policy-route backend nftables\n" : "";
  await lab.must("router", ["sh", "-euc", "cat > /run/test.config"], { stdin: backend + text });
  await lab.must("router", ["policy-route", "apply", "--config", "/run/test.config"], { timeout: 60_000 });
}

describeLab("every match", (lab) => {
  const seen = new Map<string, Arrival>();

  beforeAll(async () => {
    const router = lab();
    await router.must("router", [
      "sh",
      "-euc",
      "echo 'mldonkey:x:1005:1005::/:/bin/sh' >> /etc/passwd; echo 'p2p:x:1007:' >> /etc/group",
    ]);
    const [link] = JSON.parse(await router.must("lan", ["ip", "-j", "link", "show", "eth0"])) as { address: string }[];
    await apply(router, configuration(link?.address ?? ""));
    const filter = "dst net 203.0.113.0/24 or dst net 2001:db8:113::/48";
    const captures = await Promise.all(
      (["dsl", "bgp1"] as const).map(async (host) => [host, await router.capture(host, "eth0", filter)] as const),
    );
    for (const host of ["lan", "office", "router"] as const) await sendAll(router, host);
    const expected = SENT.filter(({ packet }) => packet.arrives !== "nowhere").length;
    const look = () => {
      for (const [host, capture] of captures) {
        for (const line of capture.lines()) {
          const key = keyOf(line);
          if (key !== undefined) seen.set(key, host);
        }
      }
      return SENT.filter(({ key }) => seen.has(key)).length >= expected;
    };
    // What does not arrive is reported by the row it belongs to.
    await until("every packet to arrive", look, { timeout: 8_000 }).catch(() => {});
    await Promise.all(captures.map(([, capture]) => capture.stop()));
  }, 120_000);

  async function sendAll(router: Lab, host: HostName): Promise<void> {
    const own = SENT.filter(({ packet }) => (packet.from ?? "lan") === host).map(command);
    const script = own.map((line) => `( ${line} ) >/dev/null 2>&1 || true\n`).join("");
    await router.must(host, ["sh", "-c", script], { timeout: 60_000 });
  }

  test("the packets can be told apart", () => {
    expect(new Set(SENT.map(({ key }) => key)).size).toBe(SENT.length);
  });

  test.each(ROWS.map(({ name, rule }, row) => [name, rule.join(", "), row] as const))("%s: %s", (_name, _rule, row) => {
    const own = SENT.filter((sent) => sent.row === row);
    const arrived = own.map(({ key, packet }) => ({ ...packet, arrives: seen.get(key) ?? "nowhere" }));
    expect(arrived).toEqual(own.map(({ packet }) => packet));
  });

  test("the groups are kept with what was applied: hooks and restart need nothing else", async () => {
    await lab().must("router", ["rm", "/run/policy-route/applied.json"]);
    expect(await lab().must("router", ["policy-route", "plan", "--check"])).toBe("nothing to do\n");
    await lab().must("router", ["policy-route", "restart"]);
    expect(await lab().must("router", ["policy-route", "plan", "--check"])).toBe("nothing to do\n");
  });

  test("names that nobody has are refused, all at once, and the old rules stay", async () => {
    const text = UPLINK + rule(10, ["traffic local", "user mldonky", "source group address-group LAN", "set uplink dsl"]);
    await lab().must("router", ["sh", "-euc", "cat > /run/wrong.config"], { stdin: text });
    const refused = await lab().exec("router", ["policy-route", "apply", "--config", "/run/wrong.config"]);
    expect([refused.exitCode, refused.stderr.trim().split("\n").sort()]).toEqual([
      1,
      [
        'policy-route rule 10: firewall address-group "LAN" does not exist; "set firewall group address-group LAN" makes it',
        'policy-route rule 10: user "mldonky" does not exist on this router; name one that does, or an id',
      ],
    ]);
    expect(await lab().must("router", ["policy-route", "plan", "--check"])).toBe("nothing to do\n");
  });

  test("a changed group is followed at the next commit", async () => {
    const by = async (address: string) => (await lab().probe("lan", { port: 5000, protocol: "udp", source: address })).by;
    for (const [member, other] of [
      ["192.168.188.10", "192.168.188.11"],
      ["192.168.188.11", "192.168.188.10"],
    ] as const) {
      await apply(
        lab(),
        `${UPLINK}set firewall group address-group G address ${member}\n${rule(1, ["source group address-group G", "set uplink dsl"])}`,
      );
      expect([await by(member), await by(other)]).toEqual(["dsl", "bgp1"]);
    }
  });

  test("state related: the first packet of a connection that another one announced", async () => {
    await apply(lab(), UPLINK + rule(1, ["state related enable", "protocol udp", "destination port 9000", "action drop"]));
    await lab().must("router", ["nft", "-f", "-"], { stdin: ANNOUNCE });
    const call = (sourcePort: number) =>
      lab().probe("bgp1", { protocol: "udp", port: 9000, to: "192.168.188.10", source: INTERNET.ipv4, sourcePort, timeout: 500 });
    expect(await call(1001)).toMatchObject({ by: "lan" });
    expect(await lab().probe("lan", { protocol: "udp", port: 7000 })).toMatchObject({ by: "bgp1" });
    expect(await call(1002)).toEqual({ error: "timeout" });
    expect(await call(1003)).toMatchObject({ by: "lan" });
    await lab().must("router", ["nft", "delete", "table", "ip", "announce"]);
  });

  test("without literals a rule is for both families: an uplink without IPv6 leaks none of it past its kill switch", async () => {
    const noIpv6 = UPLINK.replace(/gateway6 .*/, "gateway6 none");
    const everything = rule(1, ["traffic all", "protocol tcp_udp", "set uplink dsl"]);
    await apply(lab(), `${noIpv6}set policy-route uplink dsl if-down prohibit\n${everything}`);
    const leaks = await Promise.all(
      (["bgp1", "bgp2", "dsl"] as const).map((host) => lab().capture(host, "eth0", "ip6 and dst net 2001:db8:113::/48")),
    );
    for (const from of ["lan", "router"] as const) {
      expect(await lab().probe(from, { port: 443 })).toMatchObject({ by: "dsl" });
      for (const protocol of ["tcp", "udp"] as const)
        expect(await lab().probe(from, { port: 5000, protocol, to: INTERNET.ipv6, timeout: 500 })).toHaveProperty("error");
    }
    expect((await Promise.all(leaks.map((leak) => leak.stop()))).flat()).toEqual([]);
    // The same rule with if-down main: that is the only thing that kept it in.
    await apply(lab(), noIpv6 + everything);
    expect(await lab().probe("lan", { port: 5000, protocol: "udp", to: INTERNET.ipv6 })).toMatchObject({ by: "bgp1" });
  });
});

const UPLINK = ["interface eth1", "gateway 198.51.100.1", "gateway6 2001:db8:51::1", "source-nat masquerade"]
  .map((line) => `set policy-route uplink dsl ${line}\n`)
  .join("");

function rule(number: number, lines: readonly string[]): string {
  return lines.map((line) => `set policy-route rule ${number} ${line}\n`).join("");
}

/** A datagram to port 7000 announces one from its server to port 9000, as the control connection of FTP does. */
const ANNOUNCE = `table ip announce {
  ct expectation data { protocol udp; dport 9000; timeout 10s; size 1; l3proto ip; }
  chain pre { type filter hook prerouting priority 0; udp dport 7000 ct state new ct expectation set "data"; }
}
`;
