import type { ConfigTree } from "../config/config-tree.ts";
import type { MarkUse } from "./mark-use.ts";
import { MARK_USERS } from "./mark-users.ts";

const PATHS: readonly (readonly string[])[] = MARK_USERS.flatMap(({ configured = [] }) =>
  configured.map(({ path }) => path.split(" ")),
);

/** What a router's configuration says of other users of marks: one path each, in the order of the table. */
export function pathsOfUsers(router: ConfigTree): string[] {
  return [...new Set(PATHS.flatMap((path) => walk(router, path, [])).map((words) => words.join(" ")))];
}

function walk(tree: ConfigTree, [word, ...rest]: readonly string[], above: readonly string[]): (readonly string[])[] {
  if (word === undefined) return [above];
  const next = word === "*" ? [...tree.children.keys()] : [word];
  return next.flatMap((name) => {
    const child = tree.children.get(name);
    return child === undefined ? [] : walk(child, rest, [...above, name]);
  });
}

/** What such paths stand for. */
export function configuredUses(paths: readonly string[]): MarkUse[] {
  const uses = paths.flatMap((path) => {
    const words = path.split(" ");
    return MARK_USERS.flatMap(({ name, configured = [] }) =>
      configured.flatMap((one): MarkUse[] => {
        const names = namesIn(words, one.path.split(" "));
        if (names === undefined) return [];
        const stands = one.stands(names);
        if (stands.length === 0) return [{ user: name, in: "configuration", seen: path }];
        return stands.map(({ table, preference, write }) => ({
          user: name,
          in: "configuration",
          seen: path,
          ...(isNumber(table) ? { table } : {}),
          ...(isNumber(preference) ? { preference } : {}),
          ...(write === undefined || !isNumber(write.value) ? {} : { write }),
        }));
      }),
    );
  });
  return uses;
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

/** The words at the `*` of a pattern; `undefined` where the path is another. */
function namesIn(words: readonly string[], pattern: readonly string[]): string[] | undefined {
  if (words.length !== pattern.length || pattern.some((word, i) => word !== "*" && word !== words[i])) return undefined;
  return words.filter((_, i) => pattern[i] === "*");
}
