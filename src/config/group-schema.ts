import { flag, leaf, leafOr, tag } from "./fields.ts";
import { ifDown } from "./uplink-schema.ts";
import { tagName } from "./values/name.ts";
import { numberIn } from "./values/number.ts";
import { text } from "./values/text.ts";
import { oneOf } from "./values/value.ts";

export function groupField() {
  return tag(tagName("group"), {
    description: leaf(text),
    disable: flag(),
    mode: leafOr(oneOf("failover", "balance"), "failover"),
    uplink: tag(tagName("uplink"), {
      priority: leafOr(numberIn(1, 255), "100"),
      weight: leafOr(numberIn(1, 255), "1"),
    }),
    failback: leafOr(oneOf("immediate", "new-connections", "manual"), "new-connections"),
    "failback-delay": leafOr(numberIn(0, 86400), "0"),
    "if-down": leafOr(ifDown, "main"),
  });
}
