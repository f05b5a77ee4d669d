import { dirname } from "node:path";

/**
 * The folder the program runs from, with `bin`, `lib`, `libexec` and `templates` in it: /usr/lib/policy-route when installed.
 * Every bundle lies in `lib`.
 */
export function programFolder(): string {
  return dirname(__dirname);
}
