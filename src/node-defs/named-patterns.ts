import { rangePattern } from "./range-pattern.ts";

const V4_BYTE = `(${rangePattern(0, 255)})`;
const V4 = `${V4_BYTE}(\\.${V4_BYTE}){3}`;
const V4_LENGTH = `(${rangePattern(0, 32)})`;
const V6_LENGTH = `(${rangePattern(0, 128)})`;
const V6 = ipv6Pattern();
const PORT = `(${rangePattern(1, 65535)})`;

/** Eight groups, or fewer with `::` once. The mixed form ::ffff:192.0.2.1 is left out: policy routing has no use for it. */
function ipv6Pattern(): string {
  const group = "[0-9A-Fa-f]{1,4}";
  const times = (count: number): string => (count === 1 ? "" : `{1,${count}}`);
  const gaps = [1, 2, 3, 4, 5, 6].map((left) => `(${group}:)${times(left)}(:${group})${times(7 - left)}`);
  return `((${group}:){7}${group}|(${group}:){1,7}:|${gaps.join("|")}|:(:${group}){1,7}|::)`;
}

/**
 * Validators that are one pattern, so that `set` and `commit` start no process for them. The names are those of VyOS's own
 * validators. Ours are address-match, [!] address | network | range of addresses, as in a rule, and port-numbers, [!] numbers
 * with commas: what validate-port takes too, but most rules need no more than this.
 */
export const NAMED_PATTERNS: ReadonlyMap<string, string> = new Map([
  ["ipv4-address", V4],
  ["ipv6-address", V6],
  ["ipv4-prefix", `${V4}/${V4_LENGTH}`],
  ["ipv6-prefix", `${V6}/${V6_LENGTH}`],
  ["mac-address", "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}"],
  ["interface-name", "[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}"],
  ["address-match", `!?(${V4}(/${V4_LENGTH}|-${V4})?|${V6}(/${V6_LENGTH}|-${V6})?)`],
  ["port-numbers", `!?${PORT}(,${PORT})*`],
]);
