import type { MarkWrite } from "../net/foreign-marks.ts";
import type { Fwmark } from "../net/fwmark.ts";

/** One thing that another user of marks, preferences or tables has on this router. Plain data: it is saved for `show`. */
export interface MarkUse {
  /** Who, by the name in MARK_USERS; absent when it is nobody known. */
  readonly user?: string;
  readonly in: "configuration" | "kernel";
  /** In words: `policy route LAN rule 10 set table 100`, `ip rule 100: fwmark 0x7fffff9b/0xffffffff lookup 100`. */
  readonly seen: string;
  /** ip rule preference that is his. */
  readonly preference?: number;
  /** Routing table that is his. */
  readonly table?: number;
  /** Mark that a rule of his asks for. */
  readonly asks?: Fwmark;
  readonly write?: MarkWrite;
  /** Built-in chains or hooks in which it writes; absent where only the configuration says that it will. */
  readonly hooks?: readonly string[];
}
