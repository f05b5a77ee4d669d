import { formatTable, WIDTH, wrap } from "./columns.ts";
import type { WhatIf } from "./show-what-if.ts";
import { waysWords } from "./words.ts";

/** The rules as `show rule` has them, with where each goes now and then, and what there is to say about it. */
export function formatWhatIf({ changes, uplinks, rules, notes }: WhatIf): string {
  const title = `If ${changes.map(({ uplink, to }) => `uplink ${uplink} were ${to}`).join(" and ")}\n`;
  const states = formatTable(
    [{ title: "Uplink" }, { title: "Now" }, { title: "After" }],
    uplinks.map(({ name, now, after }) => [name, now, after]),
  );
  const columns = [
    { title: "Rule" },
    { title: "Traffic" },
    { title: "Matches", flexible: true },
    { title: "To" },
    { title: "Now" },
    { title: "After" },
  ];
  const rows = rules.map(({ number, traffic, matches, target, disabled, now, after }) => [
    number,
    traffic,
    matches.length === 0 ? "everything" : matches.join(" "),
    target,
    disabled ? "disabled" : waysWords(now),
    disabled ? "disabled" : waysWords(after),
  ]);
  const remarks = notes.flatMap((note) => wrap(note, WIDTH - 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}\n`));
  return [title, states, rules.length === 0 ? "No rule is configured\n" : formatTable(columns, rows), ...remarks].join("");
}
