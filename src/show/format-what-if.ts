import { formatTable, WIDTH, wrap } from "./columns.ts";
import { RULE_COLUMNS, ruleCells } from "./rule-columns.ts";
import type { WhatIf } from "./show-what-if.ts";
import { waysWords } from "./words.ts";

/** The rules as `show rule` has them, with where each goes now and then, and what there is to say about it. `width`: of the terminal. */
export function formatWhatIf({ changes, uplinks, rules, notes }: WhatIf, width = WIDTH): string {
  const title = `If ${changes.map(({ uplink, to }) => `uplink ${uplink} were ${to}`).join(" and ")}\n`;
  const states = formatTable(
    [{ title: "Uplink" }, { title: "Now" }, { title: "After" }],
    uplinks.map(({ name, now, after }) => [name, now, after]),
  );
  const columns = [...RULE_COLUMNS, { title: "Now" }, { title: "After" }];
  const rows = rules.map((rule) => [
    ...ruleCells(rule),
    rule.disabled ? "disabled" : waysWords(rule.now),
    rule.disabled ? "disabled" : waysWords(rule.after),
  ]);
  const remarks = notes.flatMap((note) => wrap(note, width - 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}\n`));
  return [title, states, rules.length === 0 ? "No rule is configured\n" : formatTable(columns, rows, width), ...remarks].join("");
}
