import { writeFileSync } from "node:fs";
import { describe } from "vitest";
import { labFile } from "../support/lab-file.ts";
import { NEIGHBOURS } from "../support/neighbours/rows.ts";
import { BACKENDS } from "./backends.ts";
import { describeMatrix } from "./describe-matrix.ts";
import { formatMatrix } from "./format.ts";

describe("the matrix", () => {
  describeMatrix(NEIGHBOURS, [...BACKENDS, undefined], {
    done: (outcomes) => writeFileSync(labFile("docs/coexistence.md"), formatMatrix(outcomes)),
  });
});
