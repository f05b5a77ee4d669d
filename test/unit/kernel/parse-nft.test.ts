import { describe, expect, it } from "vitest";
import { parseForeignChain, parseNftChains } from "../../../src/kernel/parse-nft-chains.ts";
import { parseNftTable } from "../../../src/kernel/parse-nft-list.ts";

/** As nft 1.0.6 prints it with -n. */
const LISTED = `table ip policy_route {
	set policy_route_4_1670eb6c9c376814 {
		type ipv4_addr . inet_proto . inet_service
		flags interval
		elements = { 10.0.0.0/24 . 6 . 80,
			     10.0.1.1 . 6 . 80-90,
			     10.9.0.0/16 . 17 . 53 }
	}

	chain POLICY_ROUTE_FWD {
		ip saddr 10.0.0.0/8 counter packets 7 bytes 420 return comment "policy-route:c6e77bebcb051f01 exempt"
		udp dport 53 counter packets 3 bytes 99 accept
	}

	chain POLICY_ROUTE_PRE {
		type filter hook prerouting priority -149; policy accept;
		counter packets 12 bytes 1 jump POLICY_ROUTE_FWD comment "policy-route:0123456789abcdef"
	}
}
`;

describe("our table", () => {
  const { table, packets } = parseNftTable(LISTED, "ipv4");

  it("has its chains with the hashes of their rules, and text that nft takes again", () => {
    expect(table).toMatchObject({ family: "ipv4", strange: false });
    expect(table.chains).toEqual([
      {
        name: "POLICY_ROUTE_FWD",
        base: "",
        lines: [
          {
            hash: "c6e77bebcb051f01",
            text: 'ip saddr 10.0.0.0/8 counter packets 7 bytes 420 return comment "policy-route:c6e77bebcb051f01 exempt"',
          },
          { hash: "", text: "udp dport 53 counter packets 3 bytes 99 accept" },
        ],
      },
      {
        name: "POLICY_ROUTE_PRE",
        base: "type filter hook prerouting priority -149; policy accept;",
        lines: [
          {
            hash: "0123456789abcdef",
            text: 'counter packets 12 bytes 1 jump POLICY_ROUTE_FWD comment "policy-route:0123456789abcdef"',
          },
        ],
      },
    ]);
    expect(table.sets).toEqual([
      {
        name: "policy_route_4_1670eb6c9c376814",
        lines: [
          "type ipv4_addr . inet_proto . inet_service",
          "flags interval",
          "elements = { 10.0.0.0/24 . 6 . 80, 10.0.1.1 . 6 . 80-90, 10.9.0.0/16 . 17 . 53 }",
        ],
      },
    ]);
  });

  it("has counters by hash", () => {
    expect([...packets]).toEqual([
      ["c6e77bebcb051f01", 7],
      ["0123456789abcdef", 12],
    ]);
  });

  it("is strange with anything in it that we never put there", () => {
    const strange = (line: string) => parseNftTable(LISTED.replace("{\n", `{\n${line}\n`), "ipv4").table.strange;
    expect(strange("\tflags dormant")).toBe(true);
    expect(strange("\tmap m {\n\t\ttype ipv4_addr : verdict\n\t}")).toBe(true);
    expect(strange("")).toBe(false);
  });
});

const CHAINS = `table ip policy_route {
	chain POLICY_ROUTE_PRE {
		type filter hook prerouting priority -149; policy accept;
	}
}
table ip mangle {
	chain PREROUTING {
		type filter hook prerouting priority -150; policy accept;
	}
	chain pre {
		type filter hook prerouting priority -150; policy accept;
	}
}
table inet raw {
	chain PREROUTING {
		type filter hook prerouting priority -300; policy accept;
	}
}
table ip empty {
}
table inet fw {
	chain in {
		type filter hook input priority 0; policy drop;
	}
	chain pre {
		type filter hook prerouting priority -155; policy accept;
	}
	chain dnat {
		type nat hook prerouting priority -100; policy accept;
	}
}
table bridge b {
	chain pre {
		type filter hook prerouting priority -300; policy accept;
	}
}
`;

it("finds our tables and the filter chains of others before routing, bridges' left out, and which are iptables-nft's", () => {
  const { ours, prerouting } = parseNftChains(CHAINS);
  expect([...ours]).toEqual(["ip"]);
  expect(prerouting).toEqual([
    { table: "ip mangle", name: "PREROUTING", ofIptables: true },
    { table: "ip mangle", name: "pre", ofIptables: false },
    { table: "inet raw", name: "PREROUTING", ofIptables: false },
    { table: "inet fw", name: "pre", ofIptables: false },
  ]);
});

it("finds what a chain does and where it leads, and is not misled by texts", () => {
  const chain = `table inet fw {
	chain pre {
		type filter hook prerouting priority -155; policy accept;
		tcp dport vmap { 22 : jump ssh, 80 : goto web }
		log prefix "jump off meta mark set notrack"
		counter packets 1 bytes 2 jump last comment "goto nowhere"
	}
}
`;
  expect(parseForeignChain(chain)).toEqual({ writes: [], untracks: false, next: ["ssh", "web", "last"] });
  expect(parseForeignChain("\t\tmeta mark set 0x1").writes).toEqual([{ of: "packet", mask: 0xffffffff, value: 1 }]);
  expect(parseForeignChain("\t\tudp dport 53 notrack").untracks).toBe(true);
});
