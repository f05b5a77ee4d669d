import { expect, it } from "vitest";
import { schemaPaths } from "../../../src/config/schema-paths.ts";
import { nodePaths } from "../../../src/node-defs/node-paths.ts";
import { readConfig } from "../../../src/node-defs/read-config.ts";
import { configSources } from "../node-defs/definitions.ts";

/** The definitions the router's templates are made from, `policy-route` itself left out. */
function definedPaths(): string[] {
  return nodePaths(readConfig(configSources))
    .filter(({ path }) => path.length > 1)
    .map(({ path, kind, defaultValue }) => line(path.slice(1), kind, defaultValue));
}

function line(path: readonly string[], kind: string, defaultValue: string | undefined): string {
  return `${path.join(" ")}: ${kind}${defaultValue === undefined ? "" : ` = ${defaultValue}`}`;
}

it("schema and node definitions have the same nodes, kinds and defaults", () => {
  const ours = schemaPaths().map((one) => line(one.path, one.kind, one.default));
  expect(ours.length).toBeGreaterThan(100);
  expect(ours.sort()).toEqual(definedPaths().sort());
});
