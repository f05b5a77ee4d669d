import { describe } from "vitest";
import { NEIGHBOURS } from "../support/neighbours/rows.ts";
import { BACKENDS } from "./backends.ts";
import { describeMatrix } from "./describe-matrix.ts";

describe("the matrix, WAN load balancing", () => {
  describeMatrix(
    NEIGHBOURS.filter(({ always }) => always),
    BACKENDS,
  );
});
