import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ereProblem } from "../../../src/node-defs/ere-subset.ts";
import { compileTemplates } from "../../../src/node-defs/templates.ts";
import { patternOf, sources } from "./definitions.ts";

/** The samples `grep -E` finds: glibc's regcomp with REG_EXTENDED in the C locale, which is what the engine calls. */
function grep(pattern: string, samples: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync("grep", ["-E", "-e", pattern], {
    input: samples.map((sample) => `${sample}\n`).join(""),
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  expect(status, `${pattern}: ${stderr}`).toBeLessThan(2);
  return stdout.split("\n").slice(0, -1);
}

const WORDS = [
  ..."auto nftables enable main dhcp ppp none ra disable masquerade new-connections gateway tcp tcp_udp !udp ax.25 255 256 -1 0 1 007 9999 10000 126 127".split(
    " ",
  ),
  ..."0x0ff00000 0xfffffffff 4294967295 4294967296 2147483648 10.0.0.1 !10.0.0.0/8 10.0.0.1-10.0.0.9 256.1.1.1 2001:db8::1 ::/0 1::2::3 fe80::1%eth0".split(
    " ",
  ),
  ..."eth0 eth0.100 eth+ !ppp0 a23456789012345 a234567890123456 52:54:00:c2:a5:43 52:54:00 mldonky 1000-2000 !root af41 !ef 63 64 echo-request".split(
    " ",
  ),
  ..."/config/scripts/x.sh /config/scripts/../x /config/scripts/ /etc/passwd SHA256:abc 510sg 80,443 !80 $(id) `id` a;b a&b * ? . .. -x \\ [ ( é".split(
    " ",
  ),
  "",
  " ",
  "a b",
  "x".repeat(5000),
];

test("every pattern of the templates is in the subset, and grep and JavaScript read it alike", () => {
  const patterns = new Set([...compileTemplates(sources).values()].flatMap((text) => text.split("\n")).map(patternOf));
  patterns.delete(undefined);
  expect(patterns.size).toBeGreaterThan(30);
  for (const pattern of patterns as Set<string>) {
    expect(ereProblem(pattern.slice(1, -1)), pattern).toBeUndefined();
    const script = new RegExp(pattern);
    expect(grep(pattern, WORDS), pattern).toEqual(WORDS.filter((word) => script.test(word)));
  }
});

test("whatever the subset lets through, grep and JavaScript read alike", () => {
  const piece = fc.constantFrom(
    ..."a b 0 - . ! / , : _ \\. \\+ \\\\ \\* [ab] [^a] [0-9] [a-z-] [b-] ( ) (a|b) | * + ? {2} {0,2} {1,} ^ $ [ ] { } \\d \\1 (?:a) [[:alpha:]] [a\\]".split(
      " ",
    ),
  );
  const pattern = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(""));
  const sample = fc.string({ unit: fc.constantFrom(..."ab09-.!/,:_+\\*zd1"), maxLength: 6 });
  let inside = 0;
  fc.assert(
    fc.property(pattern, fc.array(sample, { minLength: 20, maxLength: 20 }), (text, samples) => {
      if (ereProblem(text) !== undefined) return;
      inside++;
      const whole = new RegExp(`^(${text})$`);
      expect(grep(`^(${text})$`, samples), text).toEqual(samples.filter((one) => whole.test(one)));
    }),
    { numRuns: 1500 },
  );
  expect(inside).toBeGreaterThan(200);
});

test.each([
  ["\\d+", "outside"],
  ["(a)\\1", "outside"],
  ["[[:alpha:]]", "set"],
  ["[a\\.]", "set"],
  ["[]", "set"],
  ["[z-a]", "backwards"],
  ["[a-c-e]", '"-" inside'],
  ["(?:a)", "not a group"],
  ["a+?", "after a quantifier"],
  ["a**", "after a quantifier"],
  ["*a", "outside"],
  ["a|", "at the end"],
  ["(|a)", "nothing before"],
  ["()", "nothing before"],
  ["(a", "without"],
  ["a)", "without"],
  ["^a", "outside"],
  ["a$", "outside"],
  ["a{3,2}", "backwards"],
  ["a{1,256}", "more than 255"],
  ["a{", "outside"],
  ["", "at the end"],
  ["é", "ASCII"],
  ["a\nb", "ASCII"],
])("%s is outside the subset", (pattern, reason) => {
  expect(ereProblem(pattern)).toContain(reason);
});
