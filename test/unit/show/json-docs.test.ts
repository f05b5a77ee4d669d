import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { jsonDocs } from "../../../src/show/json-docs.ts";

it("docs/json.md is what the formats say: run npm run templates", () => {
  expect(readFileSync("docs/json.md", "utf8")).toBe(jsonDocs());
});
