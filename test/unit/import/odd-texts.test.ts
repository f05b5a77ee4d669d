import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { imported } from "./read.ts";

/** What breaks readers when it stands in the wrong place. */
const ODD = [
  ..."'\"$`)\\!,:/-#{}\n ",
  "$(",
  "0x",
  "eth0",
  "table",
  "via",
  "--mark",
  "*mangle\n",
  "policy {\n",
  "for i in 1 2; do\n",
].concat(["done", "else", "\uE000", "set policy route X rule 1 ", "nexthop "]);

it("any text is read or refused as no configuration, however damaged", { timeout: 60_000 }, () => {
  const texts = ["000", "001-script", "002", "003", "004"].map((name) =>
    readFileSync(new URL(`seeds/${name}.txt`, import.meta.url), "utf8"),
  );
  const edits = fc.array(fc.tuple(fc.nat(3000), fc.nat(8), fc.constantFrom(...ODD)), { maxLength: 12 });
  const property = fc.property(fc.constantFrom(...texts), edits, (text, changes) => {
    let damaged = text;
    for (const [at, cut, odd] of changes) {
      const from = at % damaged.length;
      damaged = damaged.slice(0, from) + odd + damaged.slice(from + cut);
    }
    try {
      imported(damaged);
    } catch (error) {
      if ((error as Error).name !== "ConfigSyntaxError") throw error;
    }
  });
  fc.assert(property, { numRuns: Number(process.env["RUNS"] ?? 150), seed: Number(process.env["SEED"] ?? 42) });
});

it("hundreds of rules with two marks, each against each", { timeout: 60_000 }, () => {
  const rules = Array.from(
    { length: 200 },
    (_, i) => `iptables -t mangle -A PREROUTING -s 10.0.${i}.0/24 -p tcp --dport ${1000 + i} -j MARK --set-mark ${1 + (i % 2)}`,
  );
  const script = `ip route add default via 198.51.100.1 dev eth1 table 20
ip rule add fwmark 1 table 20
ip route add default via 192.0.2.1 dev eth2 table 30
ip rule add fwmark 2 table 30
${rules.join("\n")}`;
  const { commands } = imported(script);
  expect(commands.filter((line) => / set uplink /.test(line))).toHaveLength(200);
  expect(commands.at(-1)).toBe("set policy-route rule 2000 set uplink eth2");
});
