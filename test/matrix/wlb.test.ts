import { describe } from "vitest";
import { NEIGHBOURS } from "../support/neighbours/rows.ts";
import { BACKENDS } from "./backends.ts";
import { describeMatrix } from "./describe-matrix.ts";

/** Part of `npm test`: everything of each generation, and the restart of each with its options. */
describe("the matrix, WAN load balancing", () => {
  describeMatrix(
    NEIGHBOURS.filter(({ always }) => always),
    BACKENDS,
    { chosen: (row, event) => row.plain || event.name === "its restart" },
  );
});
