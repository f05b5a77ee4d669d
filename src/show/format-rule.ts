import { formatFields } from "./columns.ts";
import type { ShownLine, ShownRule } from "./model.ts";
import { countWords, wayWords } from "./words.ts";

/** Everything about one rule, and the chain lines it became. */
export function formatRule(rule: ShownRule, width?: number): string {
  const { ipv4, ipv6 } = rule.now;
  return (
    `Rule ${rule.number}${rule.disabled ? ": disabled" : ""}\n` +
    formatFields(
      [
        ["Description", rule.description],
        ["Traffic", rule.traffic],
        ["Matches", rule.matches.length === 0 ? "everything" : rule.matches.join("\n")],
        ["To", rule.ifDown === undefined ? rule.target : `${rule.target}, if down: ${rule.ifDown}`],
        ["Log", rule.log ? "enable" : undefined],
        ["Now, IPv4", rule.disabled ? undefined : ipv4 === undefined ? "matches nothing" : wayWords(ipv4)],
        ["Now, IPv6", rule.disabled ? undefined : ipv6 === undefined ? "matches nothing" : wayWords(ipv6)],
        ["New connections", counted(rule)],
      ],
      width,
    ) +
    formatLines(rule.lines ?? [])
  );
}

function counted(rule: ShownRule): string | undefined {
  if (rule.newConnections !== undefined) return countWords(rule.newConnections);
  return rule.countedWith
    ?.map(({ rules, newConnections }) => `${countWords(newConnections)} of rules ${rules} together (they share a set)`)
    .join("\n");
}

/** Lines are never wrapped, so that they can be copied. */
function formatLines(lines: readonly ShownLine[]): string {
  if (lines.length === 0) return "";
  const width = Math.max(...lines.map((line) => countOf(line).length));
  const shown = lines.map((line) => {
    const note = line.status === "missing" ? "  MISSING" : "";
    return `  ${countOf(line).padStart(width)}  ${line.family} ${line.table}  ${line.text}${note}\n`;
  });
  return `Chain lines, with the packets that matched\n${shown.join("")}`;
}

function countOf(line: ShownLine): string {
  return line.packets === undefined ? "-" : countWords(line.packets);
}
