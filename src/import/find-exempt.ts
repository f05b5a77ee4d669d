import { sameCondition } from "./condition.ts";
import type { Imported } from "./imported.ts";
import type { Steering } from "./steer.ts";

/**
 * Networks that are let pass before anything else, and by both lists where both say something, are `exempt destination` or
 * `exempt source`. What follows them comes back in `forwarded` and `local`.
 */
export function findExempt(
  forwarded: readonly Steering[],
  local: readonly Steering[],
): { readonly exempt: Imported["exempt"]; readonly forwarded: readonly Steering[]; readonly local: readonly Steering[] } {
  const exempt: { side: "destination" | "source"; prefix: string; at: Steering["at"] }[] = [];
  const rest: readonly [Steering[], Steering[]] = [[...forwarded], [...local]];
  for (;;) {
    const [list = []] = rest.filter(({ length }) => length > 0);
    const [first] = list;
    const networks = first === undefined ? undefined : networksOf(first);
    if (first === undefined || networks === undefined) break;
    const all = rest.filter(({ length }) => length > 0);
    if (
      !all.every(
        ([other]) => other !== undefined && other.way.kind === "exempt" && sameCondition(other.condition, first.condition),
      )
    )
      break;
    for (const each of all) each.shift();
    exempt.push(...networks.prefixes.map((prefix) => ({ side: networks.side, prefix, at: first.at })));
  }
  return { exempt, forwarded: rest[0], local: rest[1] };
}

function networksOf({
  condition,
  way,
}: Steering): { readonly side: "destination" | "source"; readonly prefixes: readonly string[] } | undefined {
  const [only, more] = [...condition];
  if (way.kind !== "exempt" || only === undefined || more !== undefined) return undefined;
  const [path, values] = only;
  const side = path === "destination address" ? "destination" : path === "source address" ? "source" : undefined;
  // A range of addresses is no network.
  if (side === undefined || values.some((value) => value.startsWith("!") || value.includes("-"))) return undefined;
  return { side, prefixes: values.map((value) => (value.includes("/") ? value : `${value}/${value.includes(":") ? 128 : 32}`)) };
}
