import { describe, expect, test } from "vitest";
import { BUILT_IN_LOOKUPS } from "../../../src/config/lookups.ts";
import { readQuestion } from "../../../src/explain/read-question.ts";
import { LINKS } from "./make-world.ts";

const read = (words: string) => readQuestion(words.split(" "), { links: LINKS, lookups: BUILT_IN_LOOKUPS });

describe("a question", () => {
  test("with everything that can be said", () => {
    const { question, problems } = read(
      "source 192.168.1.7 destination 192.0.2.9 protocol tcp source-port 1024 destination-port https inbound eth0 dscp ef mac-address 52:54:00:00:00:0A tcp-flags ACK packet-length 60 ipsec no time 2026-11-20T22:00 state invalid",
    );
    expect(problems).toEqual([]);
    expect(question).toEqual({
      packet: {
        family: "ipv4",
        inbound: "eth0",
        source: "192.168.1.7",
        destination: "192.0.2.9",
        protocol: 6,
        sourcePort: 1024,
        destinationPort: 443,
        tos: 184,
        mac: "52:54:00:00:00:0a",
        tcpFlags: ["ACK"],
        length: 60,
        at: 1_795_212_000,
        ipsec: false,
        state: "invalid",
      },
      named: {},
      assumed: [],
    });
  });

  test("the interface is that whose network has the source; the router's own addresses come in by none", () => {
    expect(read("source 192.168.50.7 destination 192.0.2.9").question).toMatchObject({
      packet: { inbound: "eth4", state: "new" },
      assumed: ["it comes in by eth4, whose network has 192.168.50.7"],
    });
    const own = read("source 192.168.1.1 destination 192.0.2.9 user mldonkey user-group 7").question;
    expect(own).toMatchObject({ packet: { userGroup: 7 }, named: { user: "mldonkey" }, assumed: [] });
    expect(own?.packet.inbound).toBeUndefined();
    expect(read("source 172.16.0.9 destination 192.0.2.9").problems).toEqual([
      'no interface has a network with 172.16.0.9: say by which it comes in, "inbound eth0"',
    ]);
  });

  test("the words that there are, where the words are wrong", () => {
    for (const words of ["source 192.168.1.7", "sorce 192.168.1.7 destination 192.0.2.9", "source 192.168.1.7 destination"])
      expect(read(words).unclear).toBe(true);
    expect(read("protocol tpc destination 192.0.2.9 source 192.168.1.7")).toMatchObject({
      unclear: false,
      problems: { length: 1 },
    });
  });

  test("a first packet of TCP has SYN", () => {
    expect(read("source 192.168.1.7 destination 192.0.2.9 protocol tcp").question?.packet.tcpFlags).toEqual(["SYN"]);
  });

  test.each([
    ["destination 192.0.2.9", ["source is missing: say where the packet is from"]],
    ["source 192.168.1.7 destination 2001:db8::1", ["source 192.168.1.7 is IPv4 but destination 2001:db8::1 is IPv6"]],
    [
      "source 192.168.1.7 destination 192.0.2.9 inbound eth9",
      ['inbound: "eth9" is no interface of this router (did you mean "eth0"?)'],
    ],
    [
      "source 192.168.1.7 destination 192.0.2.9 destination-port 80",
      ['destination-port needs a protocol with ports: add "protocol tcp" or "protocol udp"'],
    ],
    ["source 192.168.1.7 destination 192.0.2.9 protocol icmp source-port 80", ["source-port: protocol icmp has no ports"]],
    ["source 192.168.1.7 destination 192.0.2.9 protocol tcp icmp-type 8", ["icmp-type needs protocol icmp or icmpv6"]],
    ["source 192.168.1.7 destination 192.0.2.9 protocol icmpv6", ["IPv4 has no protocol icmpv6: use icmp"]],
    [
      "source 192.168.1.7 destination 192.0.2.9 inbound eth0 user root",
      ["user and inbound exclude each other: what comes in by eth0 is of no program here"],
    ],
    [
      "source 192.168.1.7 destination 192.0.2.9 user root",
      ["source 192.168.1.7 is not an address of this router, so no user of it sends from there"],
    ],
    [
      "source 192.168.1.1 destination 192.0.2.9 inbound eth0",
      ["source 192.168.1.1 is the router's own, and inbound says that it came in by eth0"],
    ],
    [
      "source 192.168.1.7 destination 192.0.2.9 state established",
      ["state: an established connection keeps its way; rules are asked about its first packet: new, related or invalid"],
    ],
    ["source 192.168.1.7 source 192.168.1.7 destination 192.0.2.9", ["source is given twice"]],
    ["source 192.168.1.7 destination 192.0.2.9 dscp 0 tos 0", ["dscp is a part of tos: give one of them"]],
    ["source 192.168.1.7 destination 192.0.2.9 user 1-5", ['user: "1-5" must be one user\'s name or id']],
  ])("%s", (words, problems) => {
    const answer = read(words);
    expect(answer.question).toBeUndefined();
    expect(answer.problems.slice(0, problems.length)).toEqual(problems);
  });
});
