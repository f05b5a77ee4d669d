import { describe } from "vitest";
import { BACKENDS } from "../matrix/backends.ts";
import { describeMatrix } from "../matrix/describe-matrix.ts";
import { NEIGHBOURS } from "../support/neighbours/rows.ts";

describe("the matrix, WAN load balancing", () => {
  describeMatrix(
    NEIGHBOURS.filter(({ always }) => always),
    BACKENDS,
  );
});
