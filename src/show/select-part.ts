import { notConfigured } from "../config/suggest.ts";
import { OperatorError } from "../context.ts";
import type { View } from "./format-shown.ts";
import type { Shown, ShownTable } from "./model.ts";

/**
 * What one view is about: without a name all uplinks, groups, rules or tables, with one only that. No view: everything.
 * @throws OperatorError when nothing of that name is configured; the message suggests what may have been meant.
 */
export function selectPart(shown: Shown, view: View, name: string | undefined): Shown {
  const { uplinks, groups, rules, tables, marks, ...rest } = shown;
  switch (view) {
    case undefined:
      return shown;
    case "marks":
      return marks === undefined ? rest : { ...rest, marks };
    case "uplink":
      return uplinks === undefined ? rest : { ...rest, uplinks: pick("uplink", uplinks, name, (uplink) => [uplink.name]) };
    case "group":
      return groups === undefined ? rest : { ...rest, groups: pick("group", groups, name, (group) => [group.name]) };
    case "rule":
      return rules === undefined ? rest : { ...rest, rules: pick("rule", rules, name, (rule) => [rule.number]) };
    case "table":
      return tables === undefined ? rest : { ...rest, tables: pick("table", tables, name, tableNames) };
  }
}

/** A table is found by its name, its number and the name of its uplink, which is all that completion offers. */
function tableNames(table: ShownTable): string[] {
  return [table.name, String(table.id), table.owner.replace(/^uplink /, "")];
}

function pick<T>(
  what: Parameters<typeof notConfigured>[0],
  all: readonly T[],
  name: string | undefined,
  namesOf: (item: T) => readonly string[],
): readonly T[] {
  if (name === undefined) return all;
  for (const place of [0, 1, 2]) {
    const found = all.find((item) => namesOf(item)[place] === name);
    if (found !== undefined) return [found];
  }
  throw new OperatorError(notConfigured(what, name, [...new Set(all.flatMap(namesOf))]));
}
