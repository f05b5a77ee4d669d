import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { type Namespace, openNamespace } from "../support/namespace.ts";

/** The example of docs/explain.md: web traffic by a DSL line, by LTE while that is down; main's default is by eth1 until then. */
const CONFIG = [
  "exempt destination 10.0.0.0/8",
  "uplink dsl interface eth2",
  "uplink dsl gateway 203.0.113.1",
  "uplink dsl source-nat masquerade",
  "uplink lte interface eth3",
  "uplink lte gateway 10.3.0.1",
  "group web uplink dsl priority 10",
  "group web uplink lte priority 20",
  "rule 10 source interface-network eth0",
  "rule 10 protocol tcp",
  "rule 10 destination port 143,80,443,8000",
  "rule 10 set group web",
  "rule 20 traffic local",
  "rule 20 user 1000",
  "rule 20 set uplink dsl",
];

describe.each(FRONT_ENDS)("explain (%s)", (frontEnd) => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh(
      "ip neigh add 203.0.113.1 lladdr 02:00:00:00:00:01 dev eth2 nud permanent; sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
    );
    expect(await router.apply(CONFIG)).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => router?.stop());

  const explain = async (text: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await router.program(["explain", ...text.split(" ")]);
    expect({ text, exitCode, stderr }).toEqual({ text, exitCode: 0, stderr: "" });
    return stdout;
  };
  test("prints", async () => {
    for (const q of [
      "source 192.168.188.7 destination 192.0.2.9 protocol tcp destination-port 443 inbound eth0",
      "source 192.168.188.7 destination 192.0.2.9 protocol udp destination-port 443 inbound eth0",
      "source 192.168.188.7 destination 192.0.2.9",
      "source 192.168.188.7 destination 10.1.1.1 protocol tcp destination-port 80",
      "source 192.168.188.7 destination 203.0.113.77 protocol tcp destination-port 80",
      "source 2001:db8:a::7 destination 2001:db8:99::1 protocol tcp destination-port 80",
      "source 203.0.113.2 destination 192.0.2.9 protocol udp destination-port 53 user root",
      "source 192.168.188.1 destination 192.0.2.9 user 1000",
      "source 192.0.2.9 destination 192.168.188.7 inbound eth2 protocol tcp destination-port 22",
    ])
      console.log(`$ explain ${q}\n${await explain(q)}`);
    console.log(
      JSON.stringify(
        await router.program(
          "explain source 1 destination 2001:db8::1 protocol tpc source-port 99999 inbund eth0 user".split(" "),
        ),
        null,
        1,
      ),
    );
  });
});
