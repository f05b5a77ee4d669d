import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRONT_ENDS } from "../support/front-end.ts";
import { until } from "../support/lab-wait.ts";
import { kill } from "../support/lab-world.ts";
import { type Namespace, openNamespace, ROOT } from "../support/namespace.ts";
import { reach } from "./reach.ts";

/** By its own line a connection leaves with the first of these addresses, by the thief's with the second. */
const [OURS, THIEF] = ["203.0.113.2", "198.51.100.2"];
const PINNED = 0x07f00000;

/** Two rules as wg-quick's, whose places the kernel chooses: in front of ours. */
const STEAL = `
for family in 4 6; do
  ip -$family rule add not fwmark 51820 table 51820
  ip -$family rule add table main suppress_prefixlength 0
done
ip route add default via 198.51.100.1 dev eth1 table 51820; ip -6 route add default via 2001:db8:1::1 dev eth1 table 51820`;
const GIVE_UP = `
for family in 4 6; do
  ip -$family rule del table 51820; ip -$family rule del table main suppress_prefixlength 0; ip -$family route flush table 51820
done`;

describe.each(FRONT_ENDS)("ip rules that take every packet come in front of ours (%s)", (frontEnd) => {
  let router: Namespace;
  beforeAll(async () => {
    router = await openNamespace(frontEnd);
    await router.sh("iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE");
    await reach(router, [
      "uplink b interface eth2",
      "uplink b gateway 203.0.113.1",
      "uplink b source-nat masquerade",
      "rule 10 traffic local",
      "rule 10 protocol udp",
      "rule 10 destination port 5000",
      "rule 10 set uplink b",
    ]);
  });
  afterAll(() => router?.stop());

  /** A datagram that nobody answers; the port says of which connection. */
  const send = (port: number) => router.sh(`echo | socat -u - UDP4-SENDTO:192.0.2.9:5000,bind=192.168.188.1:${port},reuseaddr`);
  const insert = (port: number, ends: string, words = "") =>
    router.sh(`conntrack -I -p udp ${ends} --sport ${port} --dport 5000 -t 600 ${words} -m ${PINNED} 2>/dev/null`);
  /** The address each connection leaves with, by its port. */
  async function lines(): Promise<Record<string, string>> {
    const text = await router.sh("for f in ipv4 ipv6; do conntrack -L -f $f -p udp --orig-port-dst 5000 2>/dev/null; done");
    const found = text.matchAll(/sport=(\d+) dport=5000 .*?src=\S+ dst=(\S+)/g);
    return Object.fromEntries([...found].map(([, port = "", address = ""]) => [port, address]));
  }

  test("what began then without an answer begins anew by its own line; what has an answer, and whatever is pinned otherwise, stays", async () => {
    await send(4000);
    expect(await lines()).toEqual({ 4000: OURS });
    await insert(4003, "-s 192.168.188.1 -d 192.0.2.9");
    await router.run(["restart"]);
    expect(Object.keys(await lines())).toEqual(["4000", "4003"]);

    await router.sh(STEAL);
    await send(4001);
    expect((await lines())[4001]).toBe(THIEF);
    await insert(4002, "-s 192.168.188.1 -d 192.0.2.9", "-u SEEN_REPLY");
    expect(await router.sh(`conntrack -L -m ${PINNED} 2>/dev/null`)).toContain("sport=4002");
    await insert(4006, "-s 2001:db8:a::1 -d 2001:db8::9");
    await router.run(["restart"]);
    expect(Object.keys(await lines())).toEqual(["4000", "4002"]);
    expect(await router.sh(`cat ${ROOT}/run/policy-route/events.jsonl`)).toContain(
      "an ip rule of somebody else was in front of ours (ipv4); connections without an answer that begin anew: 2",
    );
    await send(4001);
    expect((await lines())[4001]).toBe(OURS);
    await insert(4003, "-s 192.168.188.1 -d 192.0.2.9");
    await router.sh(GIVE_UP);
    await router.run(["restart"]);
    expect(Object.keys(await lines())).toEqual(["4000", "4001", "4002", "4003"]);
  });

  test("a stream that goes on meanwhile", async () => {
    await router.sh("conntrack -F 2>/dev/null");
    await router.sh(STEAL);
    const stream = router.start([
      "bash",
      "-c",
      `exec 3>/dev/udp/192.0.2.9/5000; for i in $(seq 500); do echo >&3; sleep .01; done`,
    ]);
    const ended = new Promise((resolve) => stream.once("exit", resolve));
    await until("the stream by the thief", async () => Object.values(await lines()).join() === THIEF, { every: 10 });
    await router.run(["restart"]);
    await until("the stream by us", async () => Object.values(await lines()).join() === OURS, { timeout: 2000 });
    kill(stream, "SIGTERM");
    await ended;
    await router.sh(GIVE_UP);
    await router.run(["restart"]);
  }, 20_000);
});
